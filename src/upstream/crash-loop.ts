import type { Fix } from "../domain/errors.ts";
import { UpstreamError } from "../domain/upstream-errors.ts";

/** So many deaths in a row are a loop, if each came so soon after the start and all within so long. */
const DEATHS = 5;
const SOON_MS = 2 * 60_000;
const WITHIN_MS = 10 * 60_000;
const FIRST_MS = 5 * 60_000;
const MAX_MS = 30 * 60_000;

interface CrashLoopDeps {
  readonly server: string;
  readonly now: () => number;
}

/**
 * Tells a program that cannot live from one that had an accident. Who is found to be in a loop is not started for a while;
 * after that he has one attempt, and a longer while if that ends like the others. Nothing but time is needed for it to be
 * tried again; a changed definition or a restart by hand begins afresh.
 */
export class CrashLoop {
  readonly #deps: CrashLoopDeps;
  #deaths: number[] = [];
  #verdicts = 0;
  #until = 0;
  #last: UpstreamError | undefined;

  constructor(deps: CrashLoopDeps) {
    this.#deps = deps;
  }

  /** The error to give instead of a start. */
  get refusal(): UpstreamError | undefined {
    const { waitMs } = this;
    return waitMs > 0 && this.#last !== undefined ? this.#verdict(this.#last, waitMs) : undefined;
  }

  /** How long until the next start. */
  get waitMs(): number {
    return Math.max(0, this.#until - this.#deps.now());
  }

  /** A process of the server's ended by itself. Answers with the verdict, if this has brought it about. */
  died(error: UpstreamError, livedMs: number): UpstreamError | undefined {
    const now = this.#deps.now();
    // It can live, or nobody has heard of trouble for long.
    if (livedMs >= SOON_MS || now - this.#until > MAX_MS) this.#verdicts = 0;
    if (livedMs >= SOON_MS) this.#deaths = [];
    else this.#deaths = [...this.#deaths.filter((at) => now - at < WITHIN_MS), now];
    const isOnParole = this.#verdicts > 0;
    if (!isOnParole && this.#deaths.length < DEATHS) return undefined;
    this.#until = now + Math.min(MAX_MS, FIRST_MS * 2 ** this.#verdicts);
    this.#verdicts += 1;
    this.#last = error;
    return this.refusal;
  }

  #verdict(last: UpstreamError, waitMs: number): UpstreamError {
    const { server } = this.#deps;
    const reason = last.message.replace(/^.*? cannot be reached: /, "").replace(/\.$/, "");
    return new UpstreamError(
      "crash_loop",
      server,
      "not_sent",
      `Upstream "${server}" ends again and again soon after its start (${reason}). ` +
        `It is not started for ${Math.ceil(waitMs / 60_000)} min.`,
      {
        cause: last,
        retryAfterMs: Math.ceil(waitMs),
        details: { ...last.details, deaths: this.#deaths.length },
        fix: [fixOf(server, last.fix[0])],
      },
    );
  }
}

function fixOf(server: string, known: Fix | undefined): Fix {
  const label = known?.label ?? "See in its last words on stderr why it ends";
  return { label: `${label}; then start it again`, command: `switchgear restart ${server}` };
}

/** Whether a failed start means that the process has ended by itself. */
export function isDeath({ details }: UpstreamError): boolean {
  const { exit_code: code = null, signal = null } = details;
  return code !== null || signal !== null;
}
