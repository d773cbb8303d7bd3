-- Takes those who have left a group.
-- KEYS[1] and KEYS[2] as in hold.lua, KEYS[3] is the sorted set of those who left by the millisecond of their last hold's end.
-- ARGV[1] is the grace in milliseconds, ARGV[2] how long departures are remembered, ARGV[3] how many are told at a time.
-- Answers each member, and the millisecond of its last hold's end.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function text(number) return string.format('%.0f', number) end
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', text(now), 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local departed = {}
for place = 1, #due, 2 do
  local member, seen = due[place], text(tonumber(due[place + 1]) - tonumber(ARGV[1]))
  redis.call('ZREM', KEYS[1], member)
  redis.call('HDEL', KEYS[2], member)
  redis.call('ZADD', KEYS[3], seen, member)
  departed[#departed + 1] = {member, seen}
end
if #departed > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', text(now - tonumber(ARGV[2])))
  redis.call('PEXPIRE', KEYS[3], ARGV[2])
end
return departed
