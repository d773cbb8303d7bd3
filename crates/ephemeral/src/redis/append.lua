-- Adds an entry to a log.
-- KEYS[1] is the stream. An entry has the fields p, the position of the entry before it (0 for none), t, the bytes of all entries up to it, and d.
-- ARGV[1] is the payload, ARGV[2] the longest age in milliseconds, ARGV[3] the most entries, ARGV[4] the most bytes, ARGV[5] the milliseconds
-- after which an unused log is forgotten.
-- Answers the entry's position: 1024 a millisecond of the server's clock, and always above the one before it.
local key = KEYS[1]
local function text(number) return string.format('%.0f', number) end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local last, total = 0, 0
local newest = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
if newest then
  local millis, count = string.match(newest[1], '(%d+)-(%d+)')
  last, total = tonumber(millis) * 1024 + tonumber(count), tonumber(newest[2][4])
end
local position = math.max(now * 1024, last + 1)
total = total + #ARGV[1]
local id = text(math.floor(position / 1024)) .. '-' .. text(position % 1024)
redis.call('XADD', key, 'MAXLEN', ARGV[3], id, 'p', text(last), 't', text(total), 'd', ARGV[1])
redis.call('XTRIM', key, 'MINID', text(now - tonumber(ARGV[2])))
local kept = redis.call('XLEN', key)
while kept > 1 do
  local oldest = redis.call('XRANGE', key, '-', '+', 'COUNT', 1)[1]
  local before = tonumber(oldest[2][4]) - #oldest[2][6]
  if total - before <= tonumber(ARGV[4]) then break end
  -- A sixteenth at a time, so that a log of large entries is not looked at for each of them.
  kept = math.max(1, math.floor(kept * 15 / 16))
  redis.call('XTRIM', key, 'MAXLEN', kept)
end
redis.call('PEXPIRE', key, ARGV[5])
return text(position)
