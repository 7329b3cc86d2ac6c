"""The Lua scripts of a number and of a pair: `number_math`, atomic and on Redis' own clock.

A state is one string of little-endian doubles, so that a moment keeps its microseconds; a string
of another length is of another version, and as good as none.
"""

from __future__ import annotations

from string import Template
from typing import Final

from shared.limits import figures

# What an admission answers first; the rest is microseconds, and a thousandth of a message a second.
GO, ASK, NUMBER, PAIR, HOLD = range(5)

# Redis' time in seconds, and states under keys.
STATES: Final = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000

local function read(key, size)
  local value = redis.call('GET', key)
  if value and #value == size * 8 then
    return {struct.unpack('<' .. string.rep('d', size), value)}
  end
  local state = {}
  for field = 1, size do state[field] = 0 end
  return state
end

local function write(key, state, size, seconds)
  local value = struct.pack('<' .. string.rep('d', size), unpack(state, 1, size))
  redis.call('SET', key, value, 'PX', math.ceil(seconds * 1000))
end
"""

_PRELUDE: Final = STATES + Template("""
-- paid_at, rate, cut_at, held_until, line
local function number_of(key, limit)
  local number = read(key, 5)
  if number[1] > now + $FAR then number[1] = now end
  if number[4] > now + $LONGEST_HOLD then number[4] = 0 end
  if number[2] <= 0 then return number, limit end
  local rate = number[2] + limit * $GROWTH * math.max(0, now - number[3] - $REST)
  if rate >= limit then number[2] = 0 end
  return number, math.min(limit, rate)
end

local function write_number(key, number)
  write(key, number, 5, 150 + math.max(0, number[1] - now, number[4] - now, number[5] - now))
end

-- paid_at, paying, held_until, refusals
local function write_pair(key, pair)
  local remembered = 0
  if pair[4] > 0 then remembered = pair[3] + $PAIR_FORGETS end
  write(key, pair, 4, 10 + math.max(0, pair[1] - now, remembered - now))
end

local function spacing(rate)
  local burst = math.max(1, math.floor(rate * $BURST))
  local step = 1 / (rate - burst + 1)
  return step, (burst - 1) * step
end
""").substitute({name: value for name, value in vars(figures).items() if name.isupper()})

# KEYS number [pair]; ARGV limit, longest_wait, pair_seconds, pair_burst, "whole" or "rate"
ADMIT: Final = _PRELUDE + Template("""
local limit, longest = tonumber(ARGV[1]), tonumber(ARGV[2])
local pair_seconds, pair_burst = tonumber(ARGV[3]), tonumber(ARGV[4])
local number, rate = number_of(KEYS[1], limit)
local function answer(verdict, wait)
  return {verdict, math.ceil(wait * 1000000), math.floor(rate * 1000 + 0.5)}
end
if number[4] > now then return answer($HOLD, number[4] - now) end

local pair
if KEYS[2] then
  pair = read(KEYS[2], 4)
  pair[1] = math.min(math.max(now, pair[1]), now + pair_burst * pair_seconds)
  if pair[3] > now + $LONGEST_HOLD then pair[3] = 0 end
  local debt, spare = pair[1] - now, (pair_burst - 1) * pair_seconds
  local over, was = debt > spare + 0.0005, pair[2]
  pair[2] = 0
  if ARGV[5] == 'whole' and (over or (was == 1 and debt > 0)) then pair[2] = 1 end
  local due = 0
  if pair[2] == 1 then due = debt elseif over then due = debt - spare end
  local wait = math.max(due, pair[3] - now, 0)
  if wait > 0 then
    if pair[2] ~= was then write_pair(KEYS[2], pair) end
    if wait > longest then return answer($PAIR, wait) end
    return answer($ASK, wait)
  end
end

local step, early = spacing(rate)
local paid_at = math.max(now, number[1])
local wait = math.max(0, paid_at - early - now)
if wait > longest then
  local place = math.max(now + wait, number[5])
  number[5] = math.min(place + 1 / rate, now + $LONGEST_LINE)
  write_number(KEYS[1], number)
  return answer($NUMBER, place - now)
end
number[1] = paid_at + step
write_number(KEYS[1], number)
if pair then
  pair[1] = pair[1] + pair_seconds
  write_pair(KEYS[2], pair)
end
return answer($GO, wait)
""").substitute(
    GO=GO,
    ASK=ASK,
    NUMBER=NUMBER,
    PAIR=PAIR,
    HOLD=HOLD,
    LONGEST_HOLD=figures.LONGEST_HOLD,
    LONGEST_LINE=figures.LONGEST_LINE,
)

# KEYS number [pair]; ARGV limit, pair_seconds
GIVE_BACK: Final = (
    _PRELUDE
    + """
local number, rate = number_of(KEYS[1], tonumber(ARGV[1]))
local step = spacing(rate)
number[1] = number[1] - step
write_number(KEYS[1], number)
if KEYS[2] then
  local pair = read(KEYS[2], 4)
  pair[1] = pair[1] - tonumber(ARGV[2])
  write_pair(KEYS[2], pair)
end
return 1
"""
)

# KEYS number; ARGV limit. The rate, in thousandths.
SLOW_DOWN: Final = _PRELUDE + Template("""
local limit = tonumber(ARGV[1])
local number, rate = number_of(KEYS[1], limit)
if math.abs(now - number[3]) >= $CUT_ONCE_IN then
  rate = math.max(math.min($LEAST_RATE, limit), rate * $CUT)
  number[2], number[3] = rate, now
  write_number(KEYS[1], number)
end
return math.floor(rate * 1000 + 0.5)
""").substitute(CUT_ONCE_IN=figures.CUT_ONCE_IN, LEAST_RATE=figures.LEAST_RATE, CUT=figures.CUT)

# KEYS number; ARGV limit, seconds
HOLD_NUMBER: Final = _PRELUDE + Template("""
local number = number_of(KEYS[1], tonumber(ARGV[1]))
number[4] = math.max(number[4], now + math.min(tonumber(ARGV[2]), $LONGEST_HOLD))
write_number(KEYS[1], number)
return 1
""").substitute(LONGEST_HOLD=figures.LONGEST_HOLD)

# KEYS pair. The seconds.
HOLD_PAIR: Final = _PRELUDE + Template("""
local pair = read(KEYS[1], 4)
if pair[3] > now - $PAIR_FORGETS then
  pair[4] = math.min(pair[4] + 1, $PAIR_STEPS)
else
  pair[4] = 1
end
local seconds = $PAIR_STEP ^ pair[4]
pair[3] = now + seconds
write_pair(KEYS[1], pair)
return seconds
""").substitute(
    PAIR_FORGETS=figures.PAIR_FORGETS, PAIR_STEPS=figures.PAIR_STEPS, PAIR_STEP=figures.PAIR_STEP
)
