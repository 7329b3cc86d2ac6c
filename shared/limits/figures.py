"""The figures behind the limits, for the Lua scripts and their twins alike. Times are seconds."""

# Part of a second's messages that may leave at once. With the refill that is left beside it no
# second, wherever it begins, has more than the number's limit.
BURST = 0.05
LEAST_RATE = 1.0  # a second: however often Meta says that it is too much
CUT = 0.5  # what is left of the rate then ...
CUT_ONCE_IN = 1.0  # ... once for all the refusals of one moment
REST = 5.0  # before it grows again
GROWTH = 0.01  # of the limit, a second
PAIR_STEP = 4.0  # contracts/meta.md (e): 131056 is tried again after 4^n seconds
PAIR_STEPS = 4  # 256 s: by then the longest debt of 270 s is paid
PAIR_FORGETS = 600.0  # after so long the next 131056 is the first one again
LONGEST_LINE = 600.0
LONGEST_HOLD = 86_400.0
FAR = 60.0  # a number's debt further off than this is a clock that was set back

# Genesys counts in windows of a minute, of which its headers tell (contracts/genesys.md b7).
WINDOW = 60.0
LATE = 1.0  # its seconds are whole ones: we begin a window a little later than it does
SAME_WINDOW = 2.5  # ends told so close to each other are of one window
SPARE = 0.02  # of a window, for calls that were under way as it began
CLIENT_KEPT = 900.0  # what is known of a client that is not used, and what it was allowed
