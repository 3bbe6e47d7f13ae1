"""What the tests share: a directory with all that clients need, and launching them, in sandboxes or not."""

import os
import secrets
import shutil
import subprocess
import tempfile

LISTED, OTHER, UNLISTED, DENIED = "127.0.8.1", "127.0.8.2", "127.0.9.1", "127.0.8.9"
ADDRESSES = (LISTED, OTHER, UNLISTED, DENIED)
NAMES = ("listed.test", "www.wild.test", "alias.test", "six.test", "both.test", "dual.test", "other.test", "denied.test")
NOBODY = 65534
PAGE_BYTES = 100000
TIMEOUT_S = 60


class Skip(Exception):
    """What a test needs and can't be had here."""


class Missing(Skip):
    """A program that install-deps.sh would bring."""


def call(*argv, **options):
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options).stdout


def need(*commands):
    for command in commands:
        if not shutil.which(command):
            raise Missing(f"no {command}")


class World:
    """One directory, which others can read; gone with the last of it."""

    def __init__(self, build):
        self.top = tempfile.mkdtemp(prefix="writ-network-", dir="/tmp")
        os.chmod(self.top, 0o755)
        here = os.path.dirname(os.path.abspath(__file__))
        self.writ = shutil.copy(os.path.join(build, "writ"), self.top)
        for name in ("network", "names", "udp"):
            call(os.path.join(build, "writc"), "compile", os.path.join(here, f"{name}.writ"), "-o",
                 self.path(f"{name}.wrt"))
        self.programs = shutil.copytree(os.path.join(here, "programs"), self.path("programs"))
        os.chmod(self.programs, 0o755)
        self.page = secrets.token_bytes(PAGE_BYTES)
        # Who runs the tools: a user id, or None for the caller's.
        self.users = {"root": None, "user": NOBODY} if os.getuid() == 0 else {"user": None}

    def path(self, *names):
        return os.path.join(self.top, *names)

    def close(self):
        shutil.rmtree(self.top, ignore_errors=True)

    def box(self, uid):
        """A new directory of a user's."""
        box = tempfile.mkdtemp(prefix="box-", dir=self.top)
        if uid is not None:
            os.chown(box, uid, uid)
        return box

    # ---- what servers and clients have in common ----

    def make_certificates(self):
        """An authority, ca.pem, and server.pem of a key and a certificate that it has signed."""
        new = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", "2")
        call(*new, "-subj", "/CN=authority", "-keyout", self.path("ca.key"), "-out", self.path("ca.pem"))
        names = ",".join([f"IP:{address}" for address in ADDRESSES] + [f"DNS:{name}" for name in NAMES])
        call(*new, "-subj", "/CN=server", "-CA", self.path("ca.pem"), "-CAkey", self.path("ca.key"),
             "-addext", f"subjectAltName={names}", "-addext", "basicConstraints=critical,CA:FALSE",
             "-keyout", self.path("server.key"), "-out", self.path("server.crt"))
        with open(self.path("server.pem"), "wb") as out:
            for part in ("server.key", "server.crt"):
                with open(self.path(part), "rb") as file:
                    out.write(file.read())

    def make_repository(self):
        """repositories/repo.git, of one commit with the page in it."""
        work, bare = self.path("work"), self.path("repositories", "repo.git")
        git = ("git", "-C", work, "-c", "user.name=test", "-c", "user.email=test@example.org")
        call("git", "init", "-q", work)
        with open(os.path.join(work, "page"), "wb") as out:
            out.write(self.page)
        call(*git, "add", "page")
        call(*git, "commit", "-q", "-m", "page")
        call("git", "clone", "-q", "--bare", work, bare)

    def make_ssh_keys(self):
        """Keys of a host and a user, known to each other, and sshd.conf."""
        for name in ("host", "user"):
            call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.path(f"{name}.key"))
        with open(self.path("host.key.pub"), encoding="ascii") as key, \
                open(self.path("known_hosts"), "w", encoding="ascii") as out:
            out.write("server " + key.read())
        with open(self.path("sshd.conf"), "w", encoding="ascii") as out:
            out.write(f"HostKey {self.path('host.key')}\nAuthorizedKeysFile {self.path('user.key.pub')}\n"
                      "StrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\nPidFile none\n")

    def take_ssh_key(self, box, uid):
        """ssh wants a key that nobody else can read."""
        key = shutil.copy(self.path("user.key"), box)
        os.chmod(key, 0o600)
        if uid is not None:
            os.chown(key, uid, uid)

    # ---- launching ----

    def check(self, sandbox, **params):
        """Whether the host can enforce it: `writ run` ends with 4 when not (docs/man/writ.1)."""
        done = self.run(["true"], None, sandbox, **params)
        if done.returncode == 4:
            raise Skip(done.stderr.decode().strip())
        if done.returncode:
            raise RuntimeError(done.stderr.decode())

    def command(self, argv, uid, sandbox=None, box="/nonexistent", **params):
        """What runs argv: in a sandbox, when there is one; of names.writ when there is a resolver, or of bundle."""
        prefix = [] if uid is None else ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        if not sandbox:
            return [*prefix, *argv]
        resolver = params.pop("resolver", None)
        bundle = self.path(params.pop("bundle", "names" if resolver else "network") + ".wrt")
        options = ["--resolver", resolver] if resolver else []
        params = {"port": 1, **params, "box": box, "programs": self.programs}
        for name, value in params.items():
            options += ["--param", f"{name}={value}"]
        return [*prefix, self.writ, "run", "-p", bundle, "--sandbox", sandbox, *options, "--cwd", box,
                "--", *argv]

    def environment(self, box):
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": box, "LANG": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1", "NODE_EXTRA_CA_CERTS": self.path("programs", "ca.pem"),
            "GIT_SSH_COMMAND": f"ssh -F none -i {box}/user.key -o HostKeyAlias=server -o BatchMode=yes "
                               f"-o IdentitiesOnly=yes -o UserKnownHostsFile={self.programs}/known_hosts",
        }

    def run(self, argv, uid, sandbox=None, box=None, **params):
        """A finished process, with its output as bytes."""
        box = box or self.box(uid)
        return subprocess.run(self.command(argv, uid, sandbox, box, **params), cwd=box, env=self.environment(box),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, check=False)

    def start(self, argv, uid, sandbox=None, box=None, **params):
        """A running process, with pipes."""
        box = box or self.box(uid)
        return subprocess.Popen(self.command(argv, uid, sandbox, box, **params), cwd=box,
                                env=self.environment(box), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
