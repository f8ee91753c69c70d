import compression from "compression";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import helmet from "helmet";

import { authorize } from "../auth/auth.ts";
import { GatewayError, Unauthenticated } from "../domain/errors.ts";
import type { Identity } from "../domain/identity.ts";
import type { HttpDeps } from "./deps.ts";
import { readJsonBody } from "./json-body.ts";
import { limitHeaders } from "./limit-headers.ts";
import { sendProblem, toProblem } from "./problem.ts";
import { queryOf } from "./query.ts";
import { type RouteTable, byPath, isPublic } from "./route-table.ts";
import type { Answer, Route } from "./route.ts";
import { routes } from "./routes/routes.ts";

const JSON_ONLY = ["application/json"] as const;

/** REST, the docs page and the probes. */
export function createApp(deps: HttpDeps): Express {
  const table = byPath(routes(deps));
  const app = express();
  app.disable("x-powered-by").disable("etag").set("query parser", false);
  app.enable("case sensitive routing").enable("strict routing");
  app.use((request: Request, response: Response, next: NextFunction) => {
    const started = performance.now();
    response.locals["arrivedAt"] = started;
    response.once("close", () => {
      const route = (response.locals["route"] as string | undefined) ?? "unmatched";
      deps.metrics
        .httpMeter(route, request.method)
        .observe(response.statusCode, (performance.now() - started) / 1_000);
    });
    next();
  });
  app.use(
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      },
      // Whoever ends TLS in front of the gateway decides on this for the whole name.
      strictTransportSecurity: false,
    }),
    // An answer with a new secret beside text of the caller must not be compressed (BREACH).
    compression({
      filter: (request, response) => !isSecret(request) && compression.filter(request, response),
    }),
  );
  app.use((request: Request, response: Response, next: NextFunction) =>
    admit(deps, table, { request, response, next }),
  );
  for (const [path, methods] of table) {
    const pattern = path.replaceAll(/\{(\w+)\}/g, ":$1");
    app.all(pattern, (request, response) => serve(deps, path, methods, request, response));
  }
  app.use((request: Request) => {
    throw new GatewayError("not_found", `There is no ${request.method} ${request.path}.`, {
      fix: [{ label: "See what there is", href: "/api/docs" }],
    });
  });
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) =>
    fail(deps, error, request, response),
  );
  return app;
}

/** The one authentication hook, before all routes: whatever is not public has an identity or ends here. */
async function admit(
  deps: HttpDeps,
  table: RouteTable,
  { request, response, next }: { request: Request; response: Response; next: NextFunction },
): Promise<void> {
  if (!isPublic(table, request.method, request.path)) {
    const identity = await deps.authenticate(request.headers);
    response.locals["identity"] = identity;
    response.locals["authenticatedAt"] = performance.now();
    refuseWhenDraining(deps);
    if (request.method !== "GET" && request.method !== "HEAD") deps.traffic.checkLoad();
    const verdict = await deps.traffic.countRequest(identity);
    if (verdict !== undefined) setHeaders(response, limitHeaders(verdict));
  }
  next();
}

async function serve(
  deps: HttpDeps,
  path: string,
  methods: ReadonlyMap<string, Route>,
  request: Request,
  response: Response,
): Promise<void> {
  response.locals["route"] = path;
  const route = methods.get(request.method === "HEAD" ? "GET" : request.method);
  if (route === undefined) throw methodNotAllowed(request.method, path, methods);
  const identity = response.locals["identity"] as Identity | undefined;
  if (route.action !== "public") {
    // The hook has authenticated whatever is not public; should it ever fail to, nobody comes past here.
    if (identity === undefined) throw new Unauthenticated();
    if (route.action !== "signed-in") authorize(identity, route.action);
  }
  checkAccept(request, route);
  const gone = new AbortController();
  response.once("close", () => gone.abort(new GatewayError("cancelled", "The client went away.")));
  const body =
    route.body === undefined
      ? undefined
      : await readJsonBody(request, route.accepts ?? JSON_ONLY, deps.limits);
  const answer = await route.run({
    params: request.params as Record<string, string>,
    query: queryOf(request.url),
    body,
    identity,
    headers: request.headers,
    signal: gone.signal,
    requestId: requestIdOf(response),
    ...timesOf(response),
  });
  send(response, route, answer);
}

function send(
  response: Response,
  route: Route,
  { status = route.status, body, text, file, headers }: Answer,
): void {
  response.status(status);
  response.setHeader("cache-control", "no-store");
  setHeaders(response, headers ?? {});
  if (file !== undefined) response.sendFile(file, { cacheControl: false, dotfiles: "allow" });
  else if (text !== undefined) response.end(text);
  else if (body === undefined) response.end();
  else response.json(body);
}

function setHeaders(response: Response, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

const TAKES_JSON = /^(?:\*\/\*|application\/(?:\*|json|problem\+json))$/;

/** JSON is negotiated; what a browser or Prometheus asks for is served as it is. Parameters like `q` do not matter. */
function checkAccept({ headers }: Request, { type }: Route): void {
  const { accept } = headers;
  if (type !== undefined || accept === undefined || accept === "") return;
  const wanted = accept.split(",").map((range) => (range.split(";", 1)[0] ?? "").trim().toLowerCase());
  if (wanted.some((range) => TAKES_JSON.test(range))) return;
  throw new GatewayError("not_acceptable", "This is answered in application/json only.", {
    fix: [{ label: "Send the header 'Accept: application/json'" }],
  });
}

function methodNotAllowed(method: string, path: string, methods: ReadonlyMap<string, Route>): GatewayError {
  const allow = [...methods.keys()].flatMap((name) => (name === "GET" ? ["GET", "HEAD"] : [name])).join(", ");
  return new GatewayError("method_not_allowed", `${method} is not possible on ${path}; ${allow} is.`, {
    details: { allow },
  });
}

function refuseWhenDraining({ draining }: HttpDeps): void {
  if (!draining()) return;
  throw new GatewayError("shutting_down", "The gateway is about to end and takes no new work.", {
    retryable: true,
    retryAfterMs: 1_000,
  });
}

function fail(deps: HttpDeps, error: unknown, request: Request, response: Response): void {
  const problem = toProblem(error, requestIdOf(response));
  const facts = {
    request_id: problem.request_id,
    method: request.method,
    route: response.locals["route"],
    error,
  };
  if (problem.code === "internal") deps.logger.error("request failed", facts);
  else if (problem.status >= 500) deps.logger.warn("request failed", facts);
  sendProblem(response, problem);
}

function timesOf({ locals }: Response): { arrivedAt: number; authenticatedAt: number } {
  const arrivedAt = locals["arrivedAt"] as number;
  return { arrivedAt, authenticatedAt: (locals["authenticatedAt"] as number | undefined) ?? arrivedAt };
}

function requestIdOf(response: Response): string {
  return String(response.getHeader("x-request-id"));
}

function isSecret({ url = "" }: { readonly url?: string }): boolean {
  return url.startsWith("/api/v1/auth/");
}
