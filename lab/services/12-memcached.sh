packages memcached python3-pymemcache python3-memcache

service memcached ports=11211 health="tcp 11211" -- memcached -u root -l 127.0.0.1 -p 11211 -m 64
