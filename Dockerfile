# Levee as a server that runs without rights.
#   docker build -t levee .
#   docker run -p 8080:8080 -v /my/warehouse:/warehouse levee

FROM node:20-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:20-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/cli/levee.cjs ./cli/
COPY --from=build /app/dist ./dist
COPY --from=build /app/examples ./examples
COPY --from=build /app/node_modules ./node_modules
RUN mkdir /warehouse && chown node:node /warehouse
USER node
VOLUME /warehouse
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "cli/levee.cjs"]
# Whoever can reach the port may ask: put it behind something that asks who they are.
CMD ["serve", "--warehouse", "/warehouse", "--host", "0.0.0.0", "--port", "8080", "--allow-remote"]
