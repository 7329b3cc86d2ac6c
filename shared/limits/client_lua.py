"""The Lua scripts of OAuth clients: `client_math`, atomic and on Redis' own clock."""

from __future__ import annotations

from string import Template
from typing import Final

from shared.limits import figures
from shared.limits.number_lua import STATES

TAKEN, SPENT = range(2)

# began, ends, known, used, allowed, held_until, line, receipts_line
_PRELUDE: Final = STATES + Template("""
local function write_client(key, client)
  write(key, client, 8, math.max($CLIENT_KEPT, client[6] - now + $WINDOW))
end
""").substitute(CLIENT_KEPT=figures.CLIENT_KEPT, WINDOW=figures.WINDOW)

# KEYS the clients; ARGV receipt (1 or 0), calls a minute, reserve, then of each client
# count (-1: nothing heard), allowed, reset, age.
# Answers TAKEN, the client's place and what is left; or SPENT and two waits in microseconds.
TAKE: Final = _PRELUDE + Template("""
local receipt = ARGV[1] == '1'

local function hear(client, count, allowed, reset, age)
  local at = now - age
  local ends = at + reset + $LATE
  if allowed > 0 then client[5] = allowed end
  if at < client[1] or ends <= now then return end
  if client[3] == 0 then
    client[2], client[3], client[4] = ends, 1, math.max(client[4], count)
  elseif ends > client[2] + $SAME_WINDOW then
    client[1], client[2], client[4] = at, ends, count
  elseif ends >= client[2] - $SAME_WINDOW then
    client[4] = math.max(client[4], count)
  end
end

local clients, caps, best, most, first, least = {}, {}, 0, 0, 0, 0
for place, key in ipairs(KEYS) do
  local client, told = read(key, 8), 4 * place
  if tonumber(ARGV[told]) >= 0 then
    hear(client, tonumber(ARGV[told]), tonumber(ARGV[told + 1]), tonumber(ARGV[told + 2]),
      tonumber(ARGV[told + 3]))
  end
  if now >= client[2] or client[1] > now then
    client[1], client[2], client[3], client[4] = now, now + $WINDOW + $LATE, 0, 0
  end
  if client[6] > now + $LONGEST_HOLD then client[6] = 0 end
  local allowed = client[5]
  if allowed <= 0 then allowed = tonumber(ARGV[2]) end
  local cap = math.max(1, math.floor(allowed * (1 - $SPARE)))
  if receipt then cap = math.floor(cap * (1 - tonumber(ARGV[3]))) end
  local left = cap - client[4]
  if client[6] > now then left = 0 end
  if best == 0 or left > most then best, most = place, left end
  local wait = math.max(0, client[6] - now)
  if client[4] >= cap then wait = math.max(wait, client[2] - now) end
  if first == 0 or wait < least then first, least = place, wait end
  clients[place], caps[place] = client, cap
end

local answer
if most >= 1 then
  clients[best][4] = clients[best][4] + 1
  answer = {$TAKEN, best - 1, math.floor(most - 1)}
else
  local client, line = clients[first], receipt and 8 or 7
  local place = math.max(now + least, client[line])
  client[line] = math.min(place + $WINDOW / math.max(1, caps[first]), now + $LONGEST_LINE)
  answer = {$SPENT, math.ceil(least * 1000000), math.ceil((place - now) * 1000000)}
end
for place, key in ipairs(KEYS) do write_client(key, clients[place]) end
return answer
""").substitute(
    TAKEN=TAKEN,
    SPENT=SPENT,
    LATE=figures.LATE,
    SAME_WINDOW=figures.SAME_WINDOW,
    WINDOW=figures.WINDOW,
    SPARE=figures.SPARE,
    LONGEST_HOLD=figures.LONGEST_HOLD,
    LONGEST_LINE=figures.LONGEST_LINE,
)

# KEYS the client
GIVE_BACK: Final = (
    _PRELUDE
    + """
local client = read(KEYS[1], 8)
if client[4] > 0 then
  client[4] = client[4] - 1
  write_client(KEYS[1], client)
end
return 1
"""
)

# KEYS the client; ARGV seconds
HOLD: Final = _PRELUDE + Template("""
local client = read(KEYS[1], 8)
client[6] = math.max(client[6], now + math.min(tonumber(ARGV[1]), $LONGEST_HOLD))
write_client(KEYS[1], client)
return 1
""").substitute(LONGEST_HOLD=figures.LONGEST_HOLD)
