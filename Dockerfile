# One image for both roles: `docker run twinlane` is a relay, `docker run twinlane listen` a listener.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY console ./console
RUN npm run build && npm prune --omit=dev --no-audit --no-fund && rm -f dist/.*buildinfo

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    TWINLANE_HOST=0.0.0.0 \
    TWINLANE_DATA_DIR=/data \
    TWINLANE_WORKSPACE=/workspace \
    TWINLANE_HEALTH_PORT=7401
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY bin ./bin
COPY docs/openapi.json docs/asyncapi.json ./docs/
COPY LICENSE ./
# What a listener serves and what either role keeps; named volumes take their owner from here.
RUN mkdir -p /data /workspace && chown node:node /data /workspace && ln -s /app/bin/twinlane.js /usr/local/bin/twinlane
USER node
# Not the workspace: settings are read from ./.env, and who may write files must not write settings.
WORKDIR /app
VOLUME /data
EXPOSE 7400
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["twinlane", "health"]
# Exec form: node is PID 1 and gets the signals itself.
ENTRYPOINT ["node", "/app/bin/twinlane.js"]
CMD ["relay"]
