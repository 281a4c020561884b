-- Keeps a session for another ttl: {license, hardware_id, seats in use}, or nothing if there is no such session.
-- KEYS: the session. ARGV: ttl in ms.
local ttl = tonumber(ARGV[1])
local held = redis.call('HMGET', KEYS[1], 'license', 'hardware_id')
local license, hardware_id = held[1], held[2]
if not license then
    return {}
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local seats = 'seats:' .. license
local ends = redis.call('ZSCORE', seats, hardware_id)
if not ends or tonumber(ends) <= now then
    return {}
end
redis.call('ZADD', seats, 'XX', now + ttl, hardware_id)
redis.call('PEXPIRE', KEYS[1], ttl)
redis.call('PEXPIRE', 'holder:' .. license .. ':' .. hardware_id, ttl)
return {license, hardware_id, redis.call('ZCARD', seats)}
