import type { JsonObject } from "../domain/json.ts";
import type { ResourceDeps } from "./resource-at.ts";
import { ScopeNews } from "./scope-news.ts";
import { SessionSubscriptions } from "./session-subscriptions.ts";
import type { Session, SessionState } from "./session.ts";
import { type Following, Subscriptions } from "./subscriptions.ts";
import { TaskIds } from "./task-ids.ts";
import { Tasks } from "./tasks.ts";

export interface FeatureDeps extends ResourceDeps {
  /** Follows resources at the upstreams. */
  readonly following: Following;
  /** Signs the ids of tasks; the same in all replicas and after a restart. */
  readonly taskKey: Buffer;
}

export interface FeatureSessions {
  readonly byId: (id: string) => Session | undefined;
  readonly change: (session: Session, change: Partial<SessionState>) => Promise<void>;
}

/** What a client has besides single calls: tasks, subscriptions, and what upstreams say on their own account. */
export class Features {
  readonly tasks: Tasks;
  readonly subscriptions: Subscriptions;
  readonly sessionSubscriptions: SessionSubscriptions;
  readonly changeSession: FeatureSessions["change"];
  readonly #news: ScopeNews;

  constructor(deps: FeatureDeps, { byId, change }: FeatureSessions) {
    const { catalog, settled } = deps;
    this.tasks = new Tasks(new TaskIds(deps.taskKey));
    this.subscriptions = new Subscriptions(deps.following);
    this.sessionSubscriptions = new SessionSubscriptions({
      catalog,
      settled,
      subscriptions: this.subscriptions,
      change,
    });
    this.changeSession = change;
    this.#news = new ScopeNews({ sessionOf: byId, tasks: this.tasks });
  }

  /** An upstream says something on a connection that belongs to `scope`, outside of any call. */
  scopeNotified(server: string, scope: string, method: string, params: JsonObject): void {
    this.#news.tell(server, scope, method, params);
  }

  resourceUpdated(server: string, uri: string, params: JsonObject, scopes: readonly string[]): void {
    this.subscriptions.updated({ server, uri }, params, scopes);
  }

  /** A session came back from storage. */
  restored(session: Session): void {
    this.sessionSubscriptions.restore(session);
  }

  ended(session: Session): void {
    this.sessionSubscriptions.end(session);
  }

  close(): void {
    this.sessionSubscriptions.close();
  }
}
