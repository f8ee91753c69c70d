import { setTimeout as wait } from "node:timers/promises";

import { expect } from "chai";

import { until } from "../support/child-processes.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { Endpoint } from "../support/http-endpoint.ts";
import type { Json } from "../support/mcp-clients.ts";
import { RedisServer, hasRedis, newPrefix } from "../support/redis.ts";

interface Executed {
  readonly status: number;
  readonly body: Json;
  readonly cache: unknown;
  readonly text: unknown;
}

/** An upstream of the 2025 era with one read-only tool, which counts its calls and may take its time. */
class Weather {
  readonly endpoint = new Endpoint();
  calls = 0;
  slowMs = 0;
  isBroken = false;

  async open(): Promise<void> {
    await this.endpoint.open();
    this.endpoint.reply = (response, { body }) => {
      const { id, method } = JSON.parse(body === "" ? "{}" : body) as { id?: number; method?: string };
      const send = (result: unknown, ms = 0): void => {
        const text = JSON.stringify({ jsonrpc: "2.0", id, result });
        setTimeout(() => response.writeHead(200, { "content-type": "application/json" }).end(text), ms);
      };
      if (method === "initialize") send(INITIALIZED);
      else if (method === "tools/list") send({ tools: [FORECAST] });
      else if (method !== "tools/call") response.writeHead(method === undefined ? 405 : 202).end();
      else {
        this.calls++;
        if (this.isBroken) response.writeHead(500).end();
        else send({ content: [{ type: "text", text: `answer ${this.calls}` }] }, this.slowMs);
      }
    };
  }
}

const INITIALIZED = {
  protocolVersion: "2025-11-25",
  capabilities: { tools: {} },
  serverInfo: { name: "weather", version: "1" },
};
const FORECAST = {
  name: "forecast",
  inputSchema: { type: "object" },
  annotations: { readOnlyHint: true },
};

if (hasRedis()) {
  describe("two gateways with one Redis", function () {
    this.timeout(60_000);
    const weather = new Weather();
    let redis: RedisServer;
    let gateways: readonly Gateway[] = [];
    let city = 0;

    before(async () => {
      await weather.open();
      redis = await RedisServer.create();
      const prefix = newPrefix();
      const cache = { tools: ["forecast"], ttl: "1m", staleIfError: 0 };
      const options = {
        mcpServers: {
          weather: {
            type: "http",
            url: `${weather.endpoint.origin}/mcp`,
            gateway: { era: "2025", attempts: 1, cache },
          },
        },
        gateway: {
          redis: { url: redis.url, prefix, timeout: "1s" },
          rateLimits: { mode: "on", perKey: 0, perUser: 0, tools: { weather__forecast: 200 } },
        },
      };
      gateways = await Promise.all([startGateway(options), startGateway(options)]);
      for (const gateway of gateways)
        await until("the tool is known", async () => (await execute(gateway, { warm: true })).status === 200);
    });
    after(async () => {
      await Promise.all(gateways.map((gateway) => gateway.stop()));
      await redis.remove();
      weather.endpoint.close();
    });
    beforeEach(() => {
      weather.calls = 0;
      weather.slowMs = 0;
      weather.isBroken = false;
      city++;
    });

    const at = (index: number): Gateway => gateways[index] as Gateway;

    async function execute(gateway: Gateway, args: Json = { city }): Promise<Executed> {
      const response = await fetch(`${gateway.url}/api/v1/tools/weather__forecast/execute`, {
        method: "POST",
        headers: { ...gateway.headers, "content-type": "application/json" },
        body: JSON.stringify({ arguments: args }),
      });
      const body = (await response.json()) as Json;
      const [content] = (body["content"] ?? []) as readonly { text?: string }[];
      const { cache } = (body["meta"] ?? {}) as { cache?: string };
      return { status: response.status, body, cache, text: content?.text };
    }

    async function get(gateway: Gateway, path: string, method = "GET"): Promise<Json> {
      const response = await fetch(gateway.url + path, { method, headers: gateway.headers });
      return (await response.json()) as Json;
    }

    const isDegraded = async (gateway: Gateway) =>
      ((await get(gateway, "/api/v1/cache")) as { degraded?: boolean }).degraded === true;

    it("call the upstream once, and both show its answer", async () => {
      const first = await execute(at(0));
      const second = await until("the other has it", async () => {
        const answer = await execute(at(1));
        return answer.cache === "hit" && answer;
      });

      expect(first).to.include({ cache: "miss", text: "answer 1" });
      expect(second.text).to.equal("answer 1");
      expect(weather.calls).to.equal(1);
    });

    it("call it once for equal calls that come to both at the same time", async () => {
      weather.slowMs = 300;

      const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => execute(at(n % 2))));

      expect(weather.calls).to.equal(1);
      expect(new Set(answers.map(({ text }) => text))).to.deep.equal(new Set(["answer 1"]));
    });

    it("forget on both what is purged at one", async () => {
      await execute(at(0));
      await until("the other has it", async () => (await execute(at(1))).cache === "hit");
      const before = weather.calls;

      const purged = await get(at(1), "/api/v1/cache?server=weather", "DELETE");
      const again = await until("the first has forgotten", async () => {
        const answer = await execute(at(0));
        return answer.cache === "miss" && answer;
      });

      expect(purged["purged"]).to.be.at.least(1);
      expect(again.text).to.equal(`answer ${before + 1}`);
    });

    it("call by themselves when the one that called dies in the middle", async () => {
      weather.slowMs = 700;
      const third = await startGateway({
        mcpServers: {
          weather: {
            type: "http",
            url: `${weather.endpoint.origin}/mcp`,
            gateway: { era: "2025", attempts: 1, cache: { tools: ["forecast"], ttl: "1m" } },
          },
        },
        gateway: { redis: { url: redis.url, prefix: "doomed:", timeout: "1s" } },
      });
      const fourth = await startGateway({
        mcpServers: {
          weather: {
            type: "http",
            url: `${weather.endpoint.origin}/mcp`,
            gateway: { era: "2025", attempts: 1, cache: { tools: ["forecast"], ttl: "1m" } },
          },
        },
        gateway: { redis: { url: redis.url, prefix: "doomed:", timeout: "1s" } },
      });
      for (const gateway of [third, fourth])
        await until("the tool is known", async () => (await execute(gateway, { warm: 2 })).status === 200);
      weather.calls = 0;

      const doomed = execute(third).catch(() => undefined);
      await until("it is called", () => weather.calls === 1);
      const waiting = execute(fourth);
      await wait(200);
      const callsMeanwhile = weather.calls;
      await third.kill();
      const answer = await waiting;
      await doomed;
      await fourth.stop();

      expect(callsMeanwhile).to.equal(1);
      expect(answer).to.include({ status: 200, text: "answer 2" });
    });

    it("fail no call and delay none when Redis goes, say that they are degraded, and take it up again", async () => {
      await execute(at(0));
      await redis.stop();

      const slowest: number[] = [];
      const statuses = [];
      for (let n = 0; n < 40; n++) {
        const started = performance.now();
        statuses.push((await execute(at(n % 2), { city, n })).status);
        slowest.push(performance.now() - started);
      }
      const kept = await execute(at(0));
      const degraded = await Promise.all(gateways.map(isDegraded));
      const health = await get(at(0), "/health");
      const ready = await fetch(`${at(0).url}/health/ready`);
      await ready.arrayBuffer();
      await redis.start();
      for (const gateway of gateways)
        await until("it is used again", async () => !(await isDegraded(gateway)));

      expect(new Set(statuses)).to.deep.equal(new Set([200]));
      expect(Math.max(...slowest)).to.be.lessThan(1_000);
      expect(kept.cache).to.equal("hit");
      expect(degraded).to.deep.equal([true, true]);
      expect(health).to.nested.include({ "services.cache.degraded": true, status: "degraded" });
      expect(ready.status).to.equal(200);
      const text = await (await fetch(`${at(0).url}/metrics`, { headers: at(0).headers })).text();
      expect(text).to.include('switchgear_redis_up{role="shared"} 1');
    });

    it("count a limit together", async () => {
      const statuses: number[] = [];
      for (let n = 0; n < 220 && !statuses.includes(429); n++)
        statuses.push((await execute(at(n % 2), { city, limited: true })).status);
      const refused = await execute(at(0), { city, limited: true });

      expect(statuses).to.include(429);
      expect(refused.status).to.equal(429);
      expect(refused.body).to.deep.include({ code: "rate_limited", executed: "not_executed" });
    });
  });
}
