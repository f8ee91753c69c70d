import { Discovery } from "../../src/discovery/discovery.ts";
import { createLogger } from "../../src/observability/logger.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { RegistryHarness } from "../support/open-registry.ts";
import { FakeUpstreams } from "./fake-upstreams.ts";

/** Discovery over the real registry, with made-up upstreams and time that the test moves. */
export class DiscoveryHarness {
  readonly upstreams = new FakeUpstreams();
  readonly clock = new ManualClock();
  readonly log: string[] = [];
  readonly registryHarness: RegistryHarness;
  readonly discovery: Discovery;

  private constructor(registryHarness: RegistryHarness) {
    this.registryHarness = registryHarness;
    this.discovery = new Discovery({
      registry: registryHarness.registry,
      upstreams: this.upstreams,
      events: registryHarness.bus,
      logger: createLogger({ level: "debug", write: (line) => this.log.push(line) }),
      connectMs: 30_000,
      clock: this.clock,
      random: () => 1,
    });
  }

  static async open(): Promise<DiscoveryHarness> {
    return new DiscoveryHarness(await RegistryHarness.open());
  }

  get registry() {
    return this.registryHarness.registry;
  }

  /** Ids of all tools in the catalog. */
  get tools(): string[] {
    return this.registry.catalog.tools.map(({ id }) => id);
  }

  /** `<server> <code>` of each change of health since the last look. */
  takeHealthChanges(): string[] {
    const events = this.registryHarness.takeEvents();
    return events.flatMap((event) =>
      event.kind === "health-changed" ? [`${event.server} ${event.code}`] : [],
    );
  }

  async close(): Promise<void> {
    await this.discovery.close();
    await this.registryHarness.close();
  }
}
