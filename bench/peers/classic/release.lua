-- Gives a session's seat back: {license}, or nothing if there is no such session.
-- KEYS: the session.
local held = redis.call('HMGET', KEYS[1], 'license', 'hardware_id')
local license, hardware_id = held[1], held[2]
if not license then
    return {}
end
redis.call('ZREM', 'seats:' .. license, hardware_id)
redis.call('DEL', KEYS[1], 'holder:' .. license .. ':' .. hardware_id)
return {license}
