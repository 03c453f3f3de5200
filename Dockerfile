# Maiwei's image: built with all packages, shipped with those that it needs to run. A test performs these steps.
#
# The base is named by its major version, so that a rebuild brings its security fixes. A pipeline that must build the
# same bytes twice appends the digest it has scanned (node:24-slim@sha256:…) and has a bot renew it.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY tools/install.mjs tools/build.mjs tools/
# npm ci with the packages of development, in a layer of its own: it runs again only when the lockfile changes.
RUN node tools/install.mjs
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build

FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package of production needs an install script, so none may run.
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-slim
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Maiwei" \
      org.opencontainers.image.description="A horizontally scaled voice-room signalling server" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
ENV NODE_ENV=production
WORKDIR /app
# Everything belongs to root and is only read: the server writes no file.
COPY LICENSE package.json ./
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
# A number, because Kubernetes' runAsNonRoot cannot look names up. It is the image's own user `node`.
USER 1000:1000
EXPOSE 3000 3001
# Healthy means that the process answers. GET /readyz asks the store, too. The slim image has no curl and needs none.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.OPS_PORT || 3001}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Without a shell: it would not pass SIGTERM on.
ENTRYPOINT ["node", "dist/main.js"]
