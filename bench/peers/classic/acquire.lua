-- Takes a seat for a holder, or renews the one that it has: {1, seats in use, session} or {0, seats in use}.
-- KEYS: the license's seats (holder → end of its ttl, in ms), the holder's session. ARGV: license, hardware_id, number of
-- seats, ttl in ms, the id for a new session.
local seats, holder = KEYS[1], KEYS[2]
local license, hardware_id, limit, ttl = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

redis.call('ZREMRANGEBYSCORE', seats, '-inf', now)
local session = redis.call('GET', holder)
if not session or not redis.call('ZSCORE', seats, hardware_id) then
    local in_use = redis.call('ZCARD', seats)
    if in_use >= limit then
        return {0, in_use}
    end
    session = ARGV[5]
end
redis.call('ZADD', seats, now + ttl, hardware_id)
redis.call('SET', holder, session, 'PX', ttl)
redis.call('HSET', 'session:' .. session, 'license', license, 'hardware_id', hardware_id)
redis.call('PEXPIRE', 'session:' .. session, ttl)
return {1, redis.call('ZCARD', seats), session}
