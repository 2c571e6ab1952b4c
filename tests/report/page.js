// What is wrong with the page that is open, each as "rule: where". An expression: the two
// functions that page.py calls. The rules are in its help text.
(() => {
    const all = (selector, root = document) => [...root.querySelectorAll(selector)];
    const words = node => (node?.textContent ?? "").replace(/\s+/g, " ").trim();
    const shown = element => element.checkVisibility({ visibilityProperty: true });
    const where = element => {
        const id = element.id ? "#" + element.id : "";
        const text = document.body.contains(element.parentElement) ? words(element) : "";
        return `<${element.localName}${id}> ${text.slice(0, 50)}`.trim();
    };

    // ---- structure ----

    function checkDocument(fault) {
        if (!document.documentElement.lang)
            fault("lang", document.documentElement);
        if (!document.title.trim())
            fault("title", document.head);
        if (document.characterSet !== "UTF-8" || document.compatMode !== "CSS1Compat")
            fault("document", document.documentElement);
        if (!document.querySelector("meta[name=viewport][content*='width=device-width']"))
            fault("viewport", document.head);
        if (!document.querySelector("meta[http-equiv=Content-Security-Policy]"))
            fault("policy", document.head);
        if (all("main").length !== 1 || all("nav").length === 0)
            fault("landmarks", document.body);
        for (const nav of all("nav"))
            if (all("nav").length > 1 && !labelOf(nav))
                fault("landmarks", nav);
        const first = all("a[href], button, input, select, summary")[0];
        if (first && !document.querySelector("main")?.contains(first) &&
            !document.querySelector(first.getAttribute("href") ?? "none")?.closest("main"))
            fault("skip-link", first);
    }

    function checkHeadings(fault) {
        if (all("h1").length !== 1)
            fault("one-h1", document.body);
        let level = 0;
        for (const heading of all("h1, h2, h3, h4, h5, h6")) {
            const next = Number(heading.localName[1]);
            if (next > level + 1 || !words(heading))
                fault("headings", heading);
            level = next;
        }
    }

    // ---- names and references ----

    function labelOf(element) {
        const ids = element.getAttribute("aria-labelledby") ?? "";
        const texts = ids.split(/\s+/).map(id => words(document.getElementById(id)));
        return texts.join(" ").trim() || element.ariaLabel?.trim() || "";
    }

    // The accessible name, as far as a page without forms needs it.
    function nameOf(element) {
        const title = [...element.children].find(child => child.localName === "title");
        return labelOf(element) || element.alt ||
            words(element.localName === "svg" ? title : element);
    }

    function checkNames(fault) {
        for (const element of all("a[href], button, summary, input, select, textarea"))
            if (!nameOf(element))
                fault("name", element);
        for (const figure of all("figure"))
            if (!words(figure.querySelector("figcaption")))
                fault("figure", figure);
        for (const image of all("img, svg, [role=img]")) {
            const hidden = image.closest("[aria-hidden=true]");
            const inside = image.parentElement.closest("svg");
            const silent = image.localName === "svg" && image.getAttribute("role") !== "img";
            if (!hidden && !inside && (silent || !nameOf(image)))
                fault("image", image);
        }
    }

    function checkTables(fault) {
        for (const table of all("table")) {
            if (!words(table.caption))
                fault("caption", table);
            if (!table.querySelector("th"))
                fault("table-headers", table);
            for (const header of all("th", table))
                if (!["col", "row", "colgroup", "rowgroup"].includes(header.scope) ||
                    !words(header))
                    fault("table-headers", header);
            for (const row of table.tBodies[0]?.rows ?? [])
                if (row.cells.length !== table.tBodies[0].rows[0].cells.length)
                    fault("table-rows", row);
            for (const sorted of all("[aria-sort]", table))
                if (sorted.localName !== "th" ||
                    !["ascending", "descending", "none", "other"].includes(sorted.ariaSort))
                    fault("table-headers", sorted);
        }
    }

    const REFERENCES = ["aria-labelledby", "aria-describedby", "aria-controls", "aria-owns",
                        "aria-details", "for", "headers"];

    function checkReferences(fault) {
        const ids = new Set();
        for (const element of all("[id]")) {
            if (!element.id || /\s/.test(element.id) || ids.has(element.id))
                fault("ids", element);
            ids.add(element.id);
        }
        for (const name of REFERENCES)
            for (const element of all(`[${name}]`))
                for (const id of element.getAttribute(name).trim().split(/\s+/))
                    if (!ids.has(id))
                        fault("reference", element);
        for (const link of all("a[href^='#'], use[href^='#']"))
            if (!ids.has(decodeURIComponent(link.getAttribute("href").slice(1))))
                fault("reference", link);
    }

    // ---- what may do harm ----

    const FOREIGN = "base, embed, form, frame, iframe, link, object, video, audio, " +
        "meta[http-equiv=refresh], foreignObject";
    const URLS = ["src", "href", "xlink:href", "srcset", "data", "poster", "action",
                  "formaction", "background", "ping", "cite"];
    // Controls and what turns the direction of text.
    const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

    function checkHarm(fault) {
        for (const element of all(FOREIGN))
            fault("element", element);
        for (const element of all("*"))
            for (const { name, value } of element.attributes) {
                if (name === "style" || name.startsWith("on"))
                    fault("attribute", element);
                if (URLS.includes(name) && !value.startsWith("#") &&
                    !value.startsWith("data:image/"))
                    fault("url", element);
                if (UNSEEN.test(value))
                    fault("characters", element);
            }
        for (const style of all("style"))
            if (/url\s*\(\s*(?!["']?(data:image\/|#))|@import/i.test(style.textContent))
                fault("url", style);
        const walk = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
        while (walk.nextNode())
            if (UNSEEN.test(walk.currentNode.data))
                fault("characters", walk.currentNode.parentElement);
    }

    // ---- layout ----

    function checkLayout(fault) {
        const root = document.documentElement;
        if (root.scrollWidth > root.clientWidth)
            fault("overflow", root);
        for (const element of all("body *")) {
            if (!(element instanceof HTMLElement) || !shown(element) ||
                element.clientWidth <= 1) // what is for screen readers alone
                continue;
            const style = getComputedStyle(element);
            if (element.scrollWidth <= element.clientWidth || style.display === "inline" ||
                style.overflowX === "visible")
                continue;
            if (["hidden", "clip"].includes(style.overflowX))
                fault("clipped", element);
            else if (element.tabIndex < 0)
                fault("scroll", element);
        }
    }

    // Words of a drawing that lie on each other; a box is higher than its letters.
    function checkOverlap(fault) {
        for (const svg of all("svg")) {
            const texts = all("text", svg).filter(text => words(text))
                .map(text => ({ text, box: text.getBoundingClientRect() }))
                .sort((a, b) => a.box.top - b.box.top);
            texts.forEach(({ text, box }, i) => {
                const slack = box.height / 8;
                for (const { box: next } of texts.slice(i + 1)) {
                    if (next.top > box.bottom - slack)
                        break;
                    if (next.left < box.right - slack && box.left < next.right - slack)
                        fault("overlap", text);
                }
            });
        }
    }

    // ---- contrast (WCAG 2: relative luminance; 4.5 to 1, large text 3 to 1) ----

    const brush = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
        .getContext("2d", { willReadFrequently: true });
    const known = new Map();

    // Any CSS colour as [red, green, blue, alpha], of 0 to 1.
    function colour(text) {
        if (!known.has(text)) {
            brush.clearRect(0, 0, 1, 1);
            brush.fillStyle = text;
            brush.fillRect(0, 0, 1, 1);
            known.set(text, [...brush.getImageData(0, 0, 1, 1).data].map(x => x / 255));
        }
        return known.get(text);
    }

    const over = ([r, g, b, a], under) =>
        [r, g, b].map((x, i) => a * x + (1 - a) * under[i]).concat(1);

    function luminance(rgb) {
        const [r, g, b] = rgb.map(x =>
            x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    }

    function contrast(a, b) {
        const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
        return (high + 0.05) / (low + 0.05);
    }

    const lineage = element =>
        element ? [element, ...lineage(element.parentElement)] : [];

    function opacity(element) {
        return lineage(element).reduce((x, e) => x * getComputedStyle(e).opacity, 1);
    }

    // What is below the page, white or black.
    function canvas() {
        const probe = document.body.appendChild(document.createElement("i"));
        probe.style.backgroundColor = "Canvas";
        const text = getComputedStyle(probe).backgroundColor;
        probe.remove();
        return colour(text);
    }

    // By element what is below its text; null where an image is, over which nothing can
    // be said.
    function grounds() {
        const known = new Map([[null, canvas()]]);
        return function ground(element) {
            if (!known.has(element)) {
                const style = getComputedStyle(element);
                const under = ground(element.parentElement);
                known.set(element, under && style.backgroundImage === "none" ?
                    over(colour(style.backgroundColor), under) : null);
            }
            return known.get(element);
        };
    }

    // The filled shapes of an SVG in the order of drawing.
    function fillings(svg) {
        return all("rect, path, polygon, circle, ellipse", svg).map(shape => {
            const { fill, fillOpacity } = getComputedStyle(shape);
            const unseen = fill === "none" || fill.startsWith("url") ||
                shape.closest("defs, clipPath");
            return { shape, fill, fillOpacity, box: !unseen && shape.getBoundingClientRect() };
        }).filter(({ box }) => box && box.width > 0 && box.height > 0);
    }

    // What is drawn below a text of an SVG at its middle, from the page's ground upwards.
    function groundInside(text, ground, shapes) {
        const { x, y, width, height } = text.getBoundingClientRect();
        const middle = new DOMPoint(x + width / 2, y + height / 2);
        let under = ground(text.ownerSVGElement);
        for (const { shape, fill, fillOpacity, box } of shapes) {
            if (shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_PRECEDING)
                break; // drawn later, above the text
            if (middle.x < box.left || middle.x > box.right || middle.y < box.top ||
                middle.y > box.bottom)
                continue;
            const matrix = shape.getScreenCTM().inverse();
            if (!shape.isPointInFill(middle.matrixTransform(matrix)))
                continue;
            const [r, g, b, a] = colour(fill);
            under = under && over([r, g, b, a * fillOpacity * opacity(shape)], under);
        }
        return under;
    }

    function checkContrast(fault) {
        const seen = new Set();
        const ground = grounds();
        const shapes = new Map(all("svg").map(svg => [svg, fillings(svg)]));
        const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
            const element = walk.currentNode.parentElement;
            if (!walk.currentNode.data.trim() || seen.has(element) || !shown(element) ||
                element.closest("script, style, title, desc, defs"))
                continue;
            seen.add(element);
            const style = getComputedStyle(element);
            const svg = element.ownerSVGElement;
            const under = svg ? groundInside(element, ground, shapes.get(svg)) :
                ground(element);
            if (!under) {
                fault("contrast", element, "before an image");
                continue;
            }
            const [r, g, b, a] = colour(svg ? style.fill : style.color);
            const ink = over([r, g, b, a * opacity(element) * (svg ? style.fillOpacity : 1)],
                             under);
            const size = parseFloat(style.fontSize) * (svg ? element.getScreenCTM().a : 1);
            const large = size >= 24 || size >= 18.66 && style.fontWeight >= 700;
            const ratio = contrast(ink, under);
            if (ratio < (large ? 3 : 4.5) - 0.005)
                fault("contrast", element, ratio.toFixed(2));
        }
    }

    // ---- what page.py calls ----

    function faults() {
        const found = [];
        const fault = (rule, element, more = "") =>
            found.push(`${rule}: ${where(element)} ${more}`.trim());
        // Figures' tables in closed details are looked at too.
        all("details").forEach(details => { details.open = true; });
        for (const check of [checkDocument, checkHeadings, checkNames, checkTables,
                             checkReferences, checkHarm, checkLayout, checkOverlap,
                             checkContrast])
            check(fault);
        return found;
    }

    const outline = element => {
        const style = getComputedStyle(element);
        return [style.outline, style.boxShadow, style.border, style.backgroundColor].join();
    };

    // The element that has the focus, and whether one sees that.
    function focus() {
        const element = document.activeElement;
        if (!element || element === document.body)
            return null;
        const focused = outline(element);
        const box = element.getBoundingClientRect();
        const inside = box.bottom > 0 && box.top < innerHeight && box.width > 0;
        const told = { where: where(element), number: all("*").indexOf(element), inside };
        element.blur();
        told.visible = focused !== outline(element);
        element.focus({ preventScroll: true, focusVisible: true });
        return told;
    }

    const WORKED = "a[href], button, summary, input, select, textarea, [tabindex='0']";

    // What the Tab key must come to.
    const stops = () => all(WORKED)
        .filter(element => shown(element) && !element.disabled)
        .map(element => ({ where: where(element), number: all("*").indexOf(element) }));

    return { faults, focus, stops };
})()
