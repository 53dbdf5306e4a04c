# The all-in-one image: docker build -t stackreflex .
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc setup.mjs ./
RUN npm ci
COPY . .
RUN npm run build

FROM node:24-bookworm-slim
WORKDIR /app
COPY --from=build /app/dist ./
# The last two as in `npm start`: docs/decisions/0003-memory.md
ENV NODE_ENV=production NODE_COMPILE_CACHE=/app/.cache MALLOC_ARENA_MAX=1
# Warm runs fill the compile cache; it is written at a clean exit only.
RUN node src/cli/cli.js help && mkdir /tmp/warm && cd /tmp/warm \
 && echo '{"clusters": {"warm": {"cloud": "warm", "tier": "bursty"}}, "http": {"port": 0}}' > reflex.yaml \
 && REFLEX_ROLES=receive,serve,consume timeout --preserve-status -s TERM 10 node /app/src/server.js && rm -r /tmp/warm \
 && mkdir -p /data && chown -R node /data /app/.cache
USER node
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["node", "--max-semi-space-size=2", "src/server.js"]
