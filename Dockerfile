# rapport as an image: docker build -t rapport . ; docs/kubernetes.md says how it is run.
# Versions are pinned by their numbers. There are no digests: one that nobody has checked promises more than it holds; whoever pulls through a registry of his own pins them there.
ARG NODE=24.21.0-bookworm-slim

# What is built is the same on every processor.
FROM node:${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Not `npm ci`, for the reason that .ci/setup.mjs gives; the versions are those of the lock file. No install script runs.
RUN npm install --no-save --include=dev --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY .ci/build.mjs .ci/
COPY schemas schemas
COPY src src
RUN node .ci/build.mjs && chmod 755 dist/main.js

# What runs needs, and the list of it. Without the development's dependencies in package.json: else npm misses them in the list, or leaves out what both need.
FROM node:${NODE} AS modules
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm pkg delete devDependencies \
 && npm install --no-save --omit=dev --ignore-scripts --no-audit --no-fund \
 && npm sbom --sbom-format=cyclonedx > sbom.cdx.json

FROM node:${NODE}
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="rapport" \
      org.opencontainers.image.description="An event-driven stream processor that keeps every customer's relationship with a business up to date, exactly once." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
# What runs installs nothing: without package managers there is less to mend.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-* \
 && ln -s /app/dist/main.js /usr/local/bin/rapport \
 && install -d -o 10001 -g 10001 /var/lib/rapport
WORKDIR /app
COPY LICENSE package.json ./
COPY --from=modules /app/sbom.cdx.json ./
COPY --from=modules /app/node_modules node_modules
COPY --from=build /app/schemas schemas
COPY --from=build /app/dist dist
# NODE_OPTIONS: states are short-lived, see docs/operations.md. Whoever limits the memory gives --max-old-space-size too.
ENV NODE_ENV=production \
    NODE_OPTIONS=--max-semi-space-size=128
# By number, so that Kubernetes can see that it is not root.
USER 10001:10001
# Where `rapport serve` keeps its read model; everything else may be read-only.
WORKDIR /var/lib/rapport
# No health check: what can be asked, and where, depends on the command. Kubernetes and docker-compose.yml bring their own.
HEALTHCHECK NONE
# As a program, without a shell: signals reach Node, which ends in good order at SIGTERM.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["--help"]
