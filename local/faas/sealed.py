"""Under which keys secrets are stored: asked of the database before a new key ring is made."""

from __future__ import annotations

from collections import Counter

import pg8000.native
from pg8000.exceptions import DatabaseError, InterfaceError

from local.faas.errors import FaasError
from shared.storage.database_url import DatabaseUrl
from shared.tenancy.sealed import SEALED

CONNECT_S = 5.0
# The envelope's own words: version, length of the key's id, the id (shared/tenancy/vault.py).
_COUNT = (
    "select convert_from(substr({column}, 3, get_byte({column}, 1)), 'UTF8'), count(*)"
    " from {table} where length({column}) > 2 group by 1"
)


def stored_under(tenancy_url: str) -> Counter[str]:
    """How many values lie under each key; none in a database without a schema.

    `tenancy_url`: the address with the role that sees all tenants. Raises FaasError.
    """
    found: Counter[str] = Counter()
    try:
        options = DatabaseUrl.parse(tenancy_url).connect_options(CONNECT_S)
        connection = pg8000.native.Connection(**options)
        try:
            for table, columns in SEALED.items():
                if connection.run("select to_regclass(:name)::text", name=table)[0][0] is None:
                    continue
                for column in columns:
                    rows = connection.run(_COUNT.format(table=table, column=column))
                    found.update({str(key): count for key, count in rows})
        finally:
            connection.close()
    except (DatabaseError, InterfaceError, OSError) as error:
        raise FaasError(
            f"whether secrets are stored can not be asked ({type(error).__name__}): "
            "see DATABASE_URL_TENANCY"
        ) from None
    return found
