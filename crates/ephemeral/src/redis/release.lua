-- Ends a holder's holds of members of a group. Keys as in hold.lua.
-- ARGV[1] is the holder, ARGV[2] the grace in milliseconds; then the members.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
for place = 3, #ARGV do
  local member = ARGV[place]
  local latest, held, holds = now, false, {}
  for holder, other in string.gmatch(redis.call('HGET', KEYS[2], member) or '', '(%S+)=(%d+)') do
    if holder == ARGV[1] then
      held = true
    else
      holds[#holds + 1] = holder .. '=' .. other
      latest = math.max(latest, tonumber(other))
    end
  end
  if held then
    redis.call('HSET', KEYS[2], member, table.concat(holds, ' '))
    redis.call('ZADD', KEYS[1], 'XX', string.format('%.0f', latest + tonumber(ARGV[2])), member)
  end
end
return 0
