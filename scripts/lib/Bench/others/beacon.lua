-- the same work as a beacon's in OpenResty's Lua

local cjson = require "cjson.safe"
local ffi   = require "ffi"

ffi.cdef [[
unsigned char *SHA256(const unsigned char *d, size_t n, unsigned char *md);
int open(const char *path, int flags, int mode);
ssize_t write(int fd, const void *buf, size_t n);
]]

local C, var, header = ffi.C, ngx.var, ngx.header    -- nginx has OpenSSL with it
local O_WRONLY_CREAT_APPEND = 1 + 64 + 1024
local digest = ffi.new("unsigned char[32]")
local hex = {}
for i = 0, 255 do hex[i] = string.format("%02x", i) end

local USER = {"email", "phone", "external_id"}
local PROPERTIES = {"value", "currency", "order_id", "content_type", "contents", "content_ids", "query", "description"}

local part = {}
local function sha256(text)
  C.SHA256(text, #text, digest)
  for i = 0, 31 do part[i + 1] = hex[digest[i]] end
  return table.concat(part)
end

local function granted()
  local value = var.cookie_OptanonConsent
  if not value then return false end
  return ngx.re.find(ngx.unescape_uri(value), "(?:^|&)groups=(?:[^&]*,)?C0004:1(?:[,&]|$)", "jo") ~= nil
end

local function normal(name, value)
  value = tostring(value):match("^%s*(.-)%s*$")
  if name == "email" then return value:lower() end
  if name == "phone" then return (value:gsub("[^0-9+]", "")) end
  return value
end

local function text(body)
  local source = cjson.decode(body)
  if type(source) ~= "table" or type(source.event) ~= "string" or type(source.event_id) ~= "string" then return end
  local given, page, more = source.user or {}, source.page or {}, source.properties or {}
  local user, properties = {}, {}
  for i = 1, #USER do
    local name = USER[i]
    if given[name] then user[name] = sha256(normal(name, given[name])) end
  end
  user.ttp = var.cookie__ttp
  user.ip = var.remote_addr
  user.user_agent = var.http_user_agent
  user.locale = (var.http_accept_language or ""):match("^[^,]*")
  for i = 1, #PROPERTIES do
    local name = PROPERTIES[i]
    properties[name] = more[name]
  end
  return cjson.encode {
    event = source.event, event_time = ngx.time(), event_id = source.event_id, user = user,
    page = { url = page.url or var.http_referer, referrer = page.referrer }, properties = properties
  } .. "\n"
end

local fd

return function()
  header["Cache-Control"] = "no-store"
  if not granted() then
    header["X-Tiktok-Consent"] = "denied"
    return ngx.exit(204)
  end
  header["X-Tiktok-Consent"] = "granted"
  ngx.req.read_body()
  local event = text(ngx.req.get_body_data())
  if not event then return ngx.exit(400) end
  fd = fd or C.open(var.events, O_WRONLY_CREAT_APPEND, 384)
  C.write(fd, event, #event)
  header["X-Tiktok-Result"] = "queued"
  return ngx.exit(204)
end
