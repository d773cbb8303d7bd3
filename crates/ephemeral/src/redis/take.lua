-- Takes one permit of a quota (GCRA, the same arithmetic as in gcra.rs).
-- KEYS[1] holds the microsecond at which the quota is full again; no key means that it is full.
-- ARGV[1] is the microseconds a permit takes to refill, ARGV[2] those that an empty quota takes.
-- Answers 1 or 0 for given or not, and the microseconds until the quota is full again.
local interval, window = tonumber(ARGV[1]), tonumber(ARGV[2])
-- The server's clock, so that all processes share one.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local full_at = tonumber(redis.call('GET', KEYS[1]) or now)
local ahead = math.min(math.max(full_at - now, 0), window)
if ahead + interval > window then
  return {0, ahead}
end
ahead = ahead + interval
-- Formatted here, as Lua's own text of a number keeps only 14 digits.
local ttl = string.format('%.0f', math.ceil(ahead / 1000))
redis.call('SET', KEYS[1], string.format('%.0f', now + ahead), 'PX', ttl)
return {1, ahead}
