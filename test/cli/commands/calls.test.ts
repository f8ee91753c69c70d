import { expect } from "chai";

import { UpstreamError } from "../../../src/domain/upstream-errors.ts";
import { Reply } from "../../../src/wire/reply.ts";
import { CallLab } from "../../support/call-log.ts";
import { CommandLine } from "../../support/command-line.ts";
import { RestGateway, toolDefinition } from "../../support/rest-gateway.ts";

describe("switchgear why and calls", () => {
  let cli: CommandLine;
  let lab: CallLab;
  let gateway: RestGateway;

  beforeEach(async () => {
    cli = new CommandLine();
    lab = await CallLab.open();
    gateway = await RestGateway.start({}, { calls: lab.log });
    await gateway.add("weather", { tools: [toolDefinition("forecast")] });
    cli.env = { SWITCHGEAR_URL: gateway.url, SWITCHGEAR_API_KEY: gateway.keys.get("operator") ?? "" };
  });
  afterEach(async () => {
    await gateway.close();
    await lab.close();
    cli.remove();
  });

  const execute = (request: string) =>
    gateway.ask("POST", "/api/v1/tools/weather__forecast/execute", {
      body: { arguments: {} },
      headers: { "x-request-id": request },
    });

  it("draws where the time of a call went", async () => {
    let count = 0;
    gateway.answer = async () => {
      if (++count === 1)
        throw new UpstreamError("upstream_rejected", "weather", "rejected", "Too many.", { retryAfterMs: 1 });
      await new Promise((next) => setTimeout(next, 20));
      return Reply.of("result", { content: [] }, "2025");
    };
    await execute("req-a");

    const { code, stdout, stderr } = await cli.run("why", "req-a");

    expect([code, stderr]).to.deep.equal([0, ""]);
    const lines = stdout.split("\n");
    expect(lines[0]).to.equal("ok  weather__forecast");
    expect(stdout).to.match(/^request +req-a at 2\d{3}-/m);
    expect(stdout).to.match(/^executed +yes$/m);
    expect(stdout).to.match(/^attempts +2 \(upstream_rejected\)$/m);
    expect(stdout).to.match(/^attempt 1 +█+ +\S+ ms {2}rejected, upstream_rejected$/m);
    expect(stdout).to.match(/^pause +█+ +\d+ ms$/m);
    expect(stdout).to.match(/^attempt 2 +█+ +\d+ ms {2}ok$/m);
    expect(stdout).to.match(/ in all\n$/);
  });

  it("answers in JSON for scripts", async () => {
    await execute("req-a");

    expect((await cli.run("why", "req-a", "--json")).json).to.include({ request_id: "req-a", outcome: "ok" });
    expect((await cli.run("calls", "--json")).json)
      .to.have.property("items")
      .with.length(1);
  });

  it("says what to do when there is no such call", async () => {
    const { code, stderr } = await cli.run("why", "never-was");

    expect(code).to.equal(5);
    expect(stderr).to.contain('No call of the request "never-was" is in the log.');
    expect(stderr).to.contain("switchgear calls");
  });

  it("lists the last calls, and only those that failed if asked", async () => {
    await execute("req-good");
    gateway.answer = () => {
      throw new UpstreamError("upstream_auth_required", "weather", "rejected", "It wants credentials.");
    };
    await execute("req-bad");

    const all = await cli.run("calls");
    const failed = await cli.run("calls", "--failed");

    expect(all.stdout.split("\n")[0]).to.match(/^AT +OUTCOME +TOOK +ATTEMPTS +TOOL +REQUEST +WHY$/i);
    expect(all.stdout)
      .to.match(/req-good/)
      .and.match(/req-bad/);
    expect(failed.stdout).to.match(/rejected .* weather__forecast +req-bad +upstream_auth_required/);
    expect(failed.stdout).to.not.contain("req-good");
    expect((await cli.run("calls", "--server", "other")).stdout).to.equal("No calls.\n");
    expect(
      (await cli.run("calls", "--since", "1h", "--limit", "1")).stdout.trim().split("\n"),
    ).to.have.length(2);
  });

  it("knows what is no number, and tells when the log is degraded", async () => {
    expect((await cli.run("calls", "--limit", "many")).code).to.equal(2);
    await lab.close();
    await execute("req-a");

    const { stdout, stderr } = await cli.run("calls");

    expect(stdout).to.contain("req-a");
    expect(stderr).to.contain("these are from memory");
  });
});
