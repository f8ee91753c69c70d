export { RedisLink } from "./redis-link.ts";
