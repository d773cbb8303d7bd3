-- Holds members of a group.
-- KEYS[1] is the sorted set of present members by the millisecond at which they leave, KEYS[2] the hash of their holds, "holder=end" with spaces between.
-- ARGV[1] is the holder, ARGV[2] the lease and ARGV[3] the grace in milliseconds, ARGV[4] the milliseconds after which an unused group is forgotten;
-- then the members. Answers those who were not present.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function text(number) return string.format('%.0f', number) end
local ends = now + tonumber(ARGV[2])
local leaves = text(ends + tonumber(ARGV[3]))
local came = {}
for place = 5, #ARGV do
  local member = ARGV[place]
  local holds = {ARGV[1] .. '=' .. text(ends)}
  for holder, other in string.gmatch(redis.call('HGET', KEYS[2], member) or '', '(%S+)=(%d+)') do
    if holder ~= ARGV[1] and tonumber(other) > now then
      holds[#holds + 1] = holder .. '=' .. other
    end
  end
  redis.call('HSET', KEYS[2], member, table.concat(holds, ' '))
  if redis.call('ZADD', KEYS[1], leaves, member) == 1 then
    came[#came + 1] = member
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return came
