"""A throw-away Slurm of two nodes on this host, in namespaces of its own.

usage: cluster.py start DIR            starts it in the background and waits until it is ready
       cluster.py run DIR COMMAND...   runs a command inside: sbatch, squeue, a test
       cluster.py stop DIR             ends it

DIR holds its configuration, state and logs. The daemons live in a PID, a mount and a
network namespace: they see a loopback device and nothing else, mount over /etc/slurm and
/run where only they see it, and the kernel ends all of them, with every job, when the
first process of the PID namespace ends. That one ends when `stop` asks it to, when the
process that ran `start` is gone (ctest: also when it was killed), or after LIFETIME.

A node has a PID namespace, a /tmp and a /dev/shm of its own, as a host has. A file
DIR/NODE.lost takes the node's power away, with all that runs on it, until it is removed;
DIR/NODE.running is there while the node is on.

Exit code 77: not root, no namespaces, or no Slurm here.
"""

import fcntl
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

NODES = ("n1", "n2")
LIFETIME = 1200  # seconds
READY = 60
SKIP = 77
ADDRESS = "198.51.100.1"  # of RFC 5737: nobody has it

# What tests need to be quick: a requeued job may start after cred_expire (default 120 s).
# Time limits are looked at every 30 s: that is built in.
CONFIGURATION = """\
ClusterName=strata
SlurmctldHost={host}({address})
SlurmUser=root
AuthType=auth/munge
AuthInfo=cred_expire=10
StateSaveLocation={dir}/state
SlurmdSpoolDir={dir}/%n
SlurmctldPidFile={dir}/slurmctld.pid
SlurmdPidFile={dir}/%n.pid
SlurmctldLogFile={dir}/slurmctld.log
SlurmdLogFile={dir}/%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=5,bf_interval=5
ReturnToService=2
KillWait=5
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=n[1-2] NodeHostname={host} NodeAddr={address} Port=[17001-17002] CPUs=8
PartitionName=low Nodes=n[1-2] Default=YES PriorityTier=1 GraceTime=10
PartitionName=high Nodes=n[1-2] PriorityTier=2
"""


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIP)


def mount(*words):
    subprocess.run(["mount", *words], check=True)


def make_network():
    """The loopback device, and a bridge without ports: Open MPI and the C library's resolver
    want an address that is not 127.*. Packets to it go by loopback too."""
    create_bridge, set_flags, set_address, up = 0x89A0, 0x8914, 0x8916, 1  # <linux/sockios.h>
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, create_bridge, b"net0\0")
        fcntl.ioctl(s, set_address, struct.pack("16sHH4s8x", b"net0", socket.AF_INET, 0,
                                                socket.inet_aton(ADDRESS)))
        for name in b"lo", b"net0":
            fcntl.ioctl(s, set_flags, struct.pack("16sh14x", name, up))


# ---- inside: the first process of the namespace ----


def start_controller(folder):
    """munged with its default socket, slurm.conf at its default place."""
    mount("-t", "tmpfs", "tmpfs", "/run")
    mount("--bind", f"{folder}/etc", "/etc/slurm")
    os.mkdir("/run/munge", 0o755)
    key = "/run/munge/key"
    with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o400), "wb") as file:
        file.write(os.urandom(128))
    log = open(f"{folder}/daemons.log", "ab")
    quiet = dict(stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    munged = subprocess.Popen(
        ["munged", "--foreground", "--force", f"--key-file={key}",
         "--pid-file=/run/munge/pid", "--seed-file=/run/munge/seed",
         "--log-file=/run/munge/log"], **quiet)
    while not os.path.exists("/run/munge/munge.socket.2"):
        if munged.poll() is not None:
            sys.exit("munged has ended")
        time.sleep(0.05)
    return [munged, subprocess.Popen(["slurmctld", "-D", "-c"], **quiet)], quiet


def tend_nodes(folder, nodes, quiet):
    """Every node runs unless it is to be lost."""
    for name in NODES:
        lost = os.path.exists(f"{folder}/{name}.lost")
        node = nodes.get(name)
        if lost and node:
            node.kill()  # `unshare`, and the kernel its children
            node.wait()
            del nodes[name]
            os.unlink(f"{folder}/{name}.running")
        elif not lost and not node:
            nodes[name] = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                 sys.executable, __file__, "node", folder, name], **quiet)
            open(f"{folder}/{name}.running", "wb").close()
        elif node and node.poll() is not None:
            sys.exit(f"node {name} has ended")


def serve(folder, owner):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("asked to end"))
    make_network()
    daemons, quiet = start_controller(folder)
    nodes, started = {}, time.monotonic()
    while time.monotonic() - started < LIFETIME:
        tend_nodes(folder, nodes, quiet)
        if any(d.poll() is not None for d in daemons):
            sys.exit("a daemon has ended")
        if select.select([owner], [], [], 0.2)[0]:
            sys.exit("the owner has gone")
    sys.exit("too old")


def node(folder, name):
    """A host: its own /tmp and /dev/shm, where only what the tests run is put back."""
    kept = {os.environ["STRATA_SOURCE_DIR"], os.environ["STRATA_BUILD_DIR"]}
    kept = {path: os.open(path, os.O_PATH) for path in kept if path.startswith("/tmp/")}
    for path in ("/tmp", "/dev/shm"):
        mount("-t", "tmpfs", "tmpfs", path)
    for path, fd in sorted(kept.items()):
        os.makedirs(path, exist_ok=True)
        mount("-c", "--bind", f"/proc/{os.getpid()}/fd/{fd}", path)
    os.execvp("slurmd", ["slurmd", "-D", "-N", name])


# ---- outside ----


def first_process(folder):
    """`unshare` and the first process inside, by what `start` wrote; None where they are gone."""
    try:
        pid = int(open(f"{folder}/pid").read())
        words = open(f"/proc/{pid}/cmdline").read().split("\0")
        inside = int(open(f"/proc/{pid}/task/{pid}/children").read())
    except (OSError, ValueError):
        return None
    return (pid, inside) if words[0] == "unshare" and folder in words else None


def inside(folder, *command):
    found = first_process(folder)
    if not found:
        skip("the cluster does not run")
    return ["nsenter", f"--target={found[1]}", "--mount", "--net", "--pid",
            f"--wd={os.getcwd()}", *command]


def check_needs():
    if os.geteuid() != 0:
        skip("needs root")
    for tool in ("munged", "slurmctld", "slurmd", "sbatch"):
        if not shutil.which(tool):
            skip(f"needs {tool} (Debian: slurm-wlm, munge)")
    if subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "--net", "true"],
                      capture_output=True).returncode != 0:
        skip("namespaces are not allowed here")


def start(folder):
    check_needs()
    stop(folder)
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("etc", "state", *NODES):
        os.makedirs(f"{folder}/{name}")
    with open(f"{folder}/etc/slurm.conf", "w", encoding="ascii") as file:
        file.write(CONFIGURATION.format(dir=folder, address=ADDRESS,
                                        host=socket.gethostname().split(".")[0]))
    owner = os.pidfd_open(os.getppid())
    with open(f"{folder}/cluster.log", "wb") as log:
        server = subprocess.Popen(
            ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--net",
             sys.executable, __file__, "serve", folder, str(owner)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[owner],
            start_new_session=True)
    with open(f"{folder}/pid", "w", encoding="ascii") as file:
        file.write(str(server.pid))
    began = time.monotonic()
    while time.monotonic() - began < READY:
        time.sleep(0.2)
        if server.poll() is not None:
            break
        if first_process(folder) is None:
            continue
        nodes = subprocess.run(inside(folder, "sinfo", "-h", "-p", "low", "-t", "idle", "-o", "%D"),
                               capture_output=True, text=True)
        if nodes.stdout.strip() == str(len(NODES)):
            print(f"ready after {time.monotonic() - began:.1f} s")
            return
    for name in ("cluster.log", "daemons.log", "slurmctld.log", "n1.log"):
        if os.path.exists(f"{folder}/{name}"):
            print(f"--- {name}\n{open(f'{folder}/{name}').read()[-2000:]}")
    stop(folder)
    sys.exit("the cluster did not start")


def stop(folder):
    found = first_process(folder)
    if not found:
        return
    fds = [os.pidfd_open(pid) for pid in reversed(found)]
    signal.pidfd_send_signal(fds[0], signal.SIGTERM)
    for fd in fds:
        if not select.select([fd], [], [], 10)[0]:
            signal.pidfd_send_signal(fd, signal.SIGKILL)


def main(action, folder, *rest):
    folder = os.path.realpath(folder)
    if action == "run":
        command = inside(folder, *rest)
        os.execvp(command[0], command)
    elif action == "serve":
        serve(folder, int(rest[0]))
    elif action == "node":
        node(folder, *rest)
    else:
        {"start": start, "stop": stop}[action](folder)


main(*sys.argv[1:])
