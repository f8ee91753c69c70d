import { expect } from "chai";

import { limitHeaders, refusalHeaders } from "../../src/http/limit-headers.ts";

describe("rate limit headers", () => {
  it("say the limit, its window, what is left and when it begins anew, in whole seconds", () => {
    const limit = { name: "key", most: 600, windowMs: 60_000 } as const;

    expect(limitHeaders({ limit, remaining: 599, resetMs: 41_001, isOver: false })).to.deep.equal({
      "ratelimit-policy": '"key";q=600;w=60',
      ratelimit: '"key";r=599;t=42',
    });
  });

  it("of a refusal say which limit it was", () => {
    expect(refusalHeaders({ limit: "user", most: 120, window_s: 60 }, 1_500)).to.deep.equal({
      "ratelimit-policy": '"user";q=120;w=60',
      ratelimit: '"user";r=0;t=2',
    });
  });

  it("are not made up where there is no limit", () => {
    expect(refusalHeaders(undefined)).to.deep.equal({});
    expect(refusalHeaders({ limit: "user" }, 5)).to.deep.equal({});
    expect(refusalHeaders({ limit: 5, most: "x", window_s: 1 }, 5)).to.deep.equal({});
  });
});
