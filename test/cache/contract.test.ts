import { createCache, createTieredCache } from "../../src/cache/cache.ts";
import { RedisLink } from "../../src/redis/redis.ts";
import { hasRedis, newPrefix, openLink, redis } from "../support/redis.ts";
import { cacheContract } from "./cache-contract.ts";

const NOBODY = { url: "redis://127.0.0.1:1", prefix: "nobody:", timeoutMs: 100 };
const sizes = { maxEntries: 100, maxBytes: 1024 * 1024 };

cacheContract("memory", async () => createCache(sizes));

if (hasRedis()) {
  const links: RedisLink[] = [];
  const opened = async (opening: Promise<RedisLink>): Promise<RedisLink> => {
    const link = await opening;
    links.push(link);
    return link;
  };
  const announce = (): void => {};
  after(() => {
    for (const link of links) link.close();
  });

  cacheContract("memory and Redis", async () =>
    createTieredCache({
      ...sizes,
      link: await opened(openLink((await redis()).url, newPrefix(), 2_000)),
      announce,
    }),
  );
  cacheContract("memory, while Redis is away", async () =>
    createTieredCache({ ...sizes, link: await opened(RedisLink.open(NOBODY)), announce }),
  );
}
