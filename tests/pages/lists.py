"""Which pages go on from which, and the printed commands that can not be run here, and why."""

import re

# Read first: what they make is there for the page.
BEFORE: dict[str, tuple[str, ...]] = {
    "docs/onboard-a-tenant.md": ("docs/run-locally.md",),
    "docs/sandbox.md": ("docs/onboard-a-tenant.md",),
    "docs/command-line.md": ("docs/onboard-a-tenant.md",),
    "docs/api.md": ("docs/sandbox.md",),
    "docs/operate.md": ("docs/sandbox.md",),
    "docs/replay-dead-letters.md": ("docs/operate.md",),  # which counts what sandbox.md sent
    "docs/rotate-keys.md": ("docs/onboard-a-tenant.md",),
    "docs/erase-a-person.md": ("docs/sandbox.md", "docs/api.md", "docs/replay-dead-letters.md"),
}

SECOND = "takes ports that another copy may have; tests/e2e/test_operations.py starts a second copy"
PROVIDERS = "wants faas-cli, docker, kubectl or a cluster, which the page says we had not"
YOURS = "HOST and PASSWORD are the reader's own"

_SECRETS = (
    "service-token-key",
    "auth-token-key",
    "key-ring",
    "redis-url",
    "amqp-url",
    "database-url-functions",
    "database-url-tenancy",
    "database-url-connector",
    "s3-access-key",
    "s3-secret-key",
)
_IMAGE = "$IMAGE_PREFIX/connector:$IMAGE_TAG"
_OF_A_CLUSTER = (
    *(f"faas-cli secret create {name} --from-file=.secrets/{name}" for name in _SECRETS),
    "faas-cli build -f stack.yml",
    "faas-cli push -f stack.yml",
    "faas-cli deploy -f stack.yml",
    "faas-cli deploy -f build/stack-pro.yml",
    f"docker build -f deploy/connector/Dockerfile -t {_IMAGE} .",
    f"docker push {_IMAGE}",
    f'sed "s|registry.example.com/parley/connector:latest|{_IMAGE}|" \\',
    "curl https://parley.example.com/webhook/meta",
)

# Never typed, wherever a page has them: they take minutes to hours, run these tests among others,
# or change what the tests run on.
OF_THE_TESTS = re.compile(
    r"make (?:install|check|audit|faults|test[a-z-]*)\b|\.venv/bin/python -m (?:pytest|tests)\b"
)

NOT_RUN: dict[str, dict[str, str]] = {
    "CONTRIBUTING.md": {"make demo": "README.md has it"},
    "docs/run-locally.md": {
        "faas-local up --root .local/second --port-offset 4000": SECOND,
        "faas-local status --root .local/second": SECOND,
        "faas-local down --root .local/second": SECOND,
        "make demo PORT_OFFSET=2000": SECOND,
        "make down": "the manual goes on with what runs; tests/local/faas ends it",
        "faas-local services up": "all programs are here; tests/local/services has the words",
        "faas-local up": "takes ports that are somebody's; tests/local/faas has the words",
    },
    "docs/operate.md": {
        '(umask 077; pg_dump "postgresql://parley_backup:PASSWORD@HOST:5432/parley"'
        " --format=custom --file=parley.dump)": YOURS,
    },
    "docs/deploy-openfaas.md": {
        "parley migrate": YOURS,
        "parley buckets": "the S3 of the page is an example; tests/parley makes buckets",
        **dict.fromkeys(_OF_A_CLUSTER, PROVIDERS),
    },
}


def is_typed(page: str, first: str) -> bool:
    """Whether a command, by its first line, is run."""
    return first not in NOT_RUN.get(page, {}) and not OF_THE_TESTS.match(first)
