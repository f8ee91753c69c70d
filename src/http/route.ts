import type { IncomingHttpHeaders } from "node:http";

import { z } from "zod";

import type { Action } from "../auth/auth.ts";
import { Unauthenticated } from "../domain/errors.ts";
import type { Identity } from "../domain/identity.ts";
import { parse } from "./parse.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What a route answers with. Exactly one of `body` (JSON), `text` and `file`, or none. */
export interface Answer {
  /** Absent: the route's own. */
  readonly status?: number;
  readonly body?: unknown;
  readonly text?: string;
  /** An absolute path. */
  readonly file?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request whose path was found, before anything of it was checked. */
export interface RawRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: unknown;
  readonly body: unknown;
  readonly identity: Identity | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  readonly requestId: string;
  /** `performance.now()` when the request came in, and when it was known whose it is. */
  readonly arrivedAt: number;
  readonly authenticatedAt: number;
}

export interface RouteRequest<Query, Body> extends Omit<RawRequest, "query" | "body" | "identity"> {
  readonly query: Query;
  readonly body: Body;
  /** Of a public route too, if it should ask: then it throws Unauthenticated. */
  readonly identity: Identity;
}

interface RouteFacts {
  readonly method: Method;
  /** With `{name}` for what varies. */
  readonly path: `/${string}`;
  readonly aliases?: readonly `/${string}`[];
  /** `signed-in`: whoever is authenticated. A route without an action does not compile. */
  readonly action: Action | "signed-in" | "public";
  readonly tag: string;
  readonly summary: string;
  /** Of a success. */
  readonly status: number;
  /** Absent: no content. */
  readonly answer?: z.ZodType;
  /** Of the answer. */
  readonly type?: string;
  /** Media types of the body; JSON unless said otherwise. */
  readonly accepts?: readonly string[];
}

/** One row of the route table. */
export interface Route extends RouteFacts {
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  run(request: RawRequest): Promise<Answer>;
}

const NOTHING = z.strictObject({});

/** Checks what `handle` is given against the row's own schemas. */
export function route<Query = unknown, Body = undefined>(
  row: RouteFacts & {
    readonly query?: z.ZodType<Query>;
    readonly body?: z.ZodType<Body>;
    readonly handle: (request: RouteRequest<Query, Body>) => Promise<Answer> | Answer;
  },
): Route {
  const { handle, ...facts } = row;
  return {
    ...facts,
    async run(raw) {
      const query = parse((row.query ?? NOTHING) as z.ZodType<Query>, raw.query, "The query");
      const body = (
        row.body === undefined ? undefined : parse(row.body, raw.body, "The request body")
      ) as Body;
      const { params, headers, signal, requestId, arrivedAt, authenticatedAt } = raw;
      return handle({
        query,
        body,
        params,
        headers,
        signal,
        requestId,
        arrivedAt,
        authenticatedAt,
        get identity() {
          if (raw.identity === undefined) throw new Unauthenticated();
          return raw.identity;
        },
      });
    },
  };
}

/** A parameter of the path; the router has seen to it that it is there. */
export function param({ params }: Pick<RawRequest, "params">, name: string): string {
  return params[name] ?? "";
}
