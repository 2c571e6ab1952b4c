// Sorting and copying. Everything can be read without; nothing is fetched, and the page's
// own text is the only data.
"use strict";
(() => {
    const said = document.createElement("p");
    said.className = "said";
    said.setAttribute("role", "status");
    document.body.append(said);

    const button = (text, action) => {
        const made = document.createElement("button");
        made.type = "button";
        made.textContent = text;
        made.addEventListener("click", action);
        return made;
    };

    // What a cell holds in full: a rounded number has its digits in data-v.
    const value = cell => cell.dataset.v ?? cell.textContent;

    const compare = (a, b) => {
        if (a === "" || b === "")
            return 0;
        const x = Number(a), y = Number(b);
        if (!Number.isNaN(x) && !Number.isNaN(y))
            return x - y;
        return a < b ? -1 : a > b ? 1 : 0;
    };

    // What is missing stays last, whatever the order.
    const sort = (table, column, heading) => {
        const down = heading.getAttribute("aria-sort") === "ascending";
        for (const other of table.tHead.rows[0].cells)
            other.removeAttribute("aria-sort");
        heading.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        const rows = Array.from(body.rows, row => [value(row.cells[column]), row]);
        rows.sort(([a], [b]) => (a === "") - (b === "") || (down ? compare(b, a) : compare(a, b)));
        body.append(...rows.map(([, row]) => row));
        said.textContent = `sorted by ${heading.textContent}, ${down ? "descending" : "ascending"}`;
    };

    // RFC 4180; text that a spreadsheet would compute gets an apostrophe in front.
    const field = text => {
        const number = text !== "" && !Number.isNaN(Number(text));
        const safe = !number && /^[=+\-@\t\r]/.test(text) ? "'" + text : text;
        return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    };

    const csv = table => Array.from(table.rows, row =>
        Array.from(row.cells, cell =>
            field(row.parentNode.tagName === "THEAD" ? cell.textContent : value(cell))).join(",") +
        "\n").join("");

    const copyBySelection = text => {
        const area = document.createElement("textarea");
        area.value = text;
        document.body.append(area);
        area.select();
        const copied = document.execCommand("copy");
        area.remove();
        return copied;
    };

    const copy = async (text, origin) => {
        let copied;
        try {
            await navigator.clipboard.writeText(text);
            copied = true;
        } catch {
            copied = copyBySelection(text);
        }
        origin.focus();
        said.textContent = copied ? "copied" : "the browser does not let this page copy";
        const before = origin.dataset.name ??= origin.textContent;
        origin.textContent = copied ? "Copied" : "Cannot copy";
        setTimeout(() => { origin.textContent = before; }, 1500);
    };

    const copier = (name, text) => {
        const made = button(name, () => copy(text(), made));
        made.className = "copy";
        return made;
    };

    for (const table of document.querySelectorAll("table.data")) {
        for (const [column, heading] of Array.from(table.tHead.rows[0].cells).entries()) {
            const text = heading.textContent;
            heading.replaceChildren(button(text, () => sort(table, column, heading)));
        }
        table.parentNode.before(copier("Copy as CSV", () => csv(table)));
    }
    for (const command of document.querySelectorAll("pre.command"))
        command.after(copier("Copy command", () => command.textContent));

    // Paper cannot unfold anything.
    const folded = [];
    addEventListener("beforeprint", () => {
        for (const part of document.querySelectorAll("details:not([open])")) {
            part.open = true;
            folded.push(part);
        }
    });
    addEventListener("afterprint", () => {
        for (const part of folded.splice(0))
            part.open = false;
    });
})();
