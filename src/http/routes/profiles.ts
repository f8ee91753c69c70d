import { z } from "zod";

import { ProfileNotFound } from "../../domain/errors.ts";
import { nearestName } from "../../domain/nearest-name.ts";
import { Profile, SCHEMA_DIALECTS } from "../../domain/profile.ts";
import type { ProfilesView, ShownProfile } from "../deps.ts";
import { page, pageOf, pageQuery } from "../page.ts";
import { type Route, route } from "../route.ts";

const ProfileSummary = z
  .object({
    name: z.string(),
    description: z.string().optional(),
    endpoint: z.string().meta({ description: "Where MCP clients find it, on the gateway's address." }),
    servers: z.array(z.string()).meta({ description: "Of those that it selects, the ones that are here." }),
    clients: z.array(z.string()).meta({ description: "Clients that get it at `/mcp` by their name." }),
    schema: z.enum(SCHEMA_DIALECTS),
    names: Profile.shape.names.unwrap(),
    max_name_length: z.number().int(),
    selected: z
      .object({
        tools: z.number().int(),
        prompts: z.number().int(),
        resources: z.number().int(),
        resource_templates: z.number().int(),
      })
      .meta({ description: "How much of the catalog it shows." }),
  })
  .meta({ id: "Profile" });

export function profileRoutes({ profiles }: { readonly profiles: ProfilesView }): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/api/v1/profiles",
      action: "tool:read",
      tag: "catalog",
      summary: "List the profiles of the config file, and what each selects",
      query: z.strictObject(pageQuery(["name"])),
      status: 200,
      answer: pageOf(ProfileSummary),
      handle: ({ query }) => {
        const all = profiles.names.flatMap((name) => summaryOf(name, profiles.view(name)) ?? []);
        const body = page(all, query, {
          key: (item) => item.name,
          sorts: { name: (item) => item.name },
          texts: (item) => [item.name, item.description],
        });
        return { body };
      },
    }),
  ];
}

function summaryOf(name: string, view: ShownProfile | undefined): z.infer<typeof ProfileSummary> | undefined {
  if (view === undefined) return undefined;
  const { profile, servers, tools, prompts, resources, templates } = view;
  return {
    name,
    ...(profile.description === undefined ? {} : { description: profile.description }),
    endpoint: `/mcp/p/${name}`,
    servers: [...servers],
    clients: profile.clients ?? [],
    schema: profile.schema,
    names: profile.names,
    max_name_length: profile.maxNameLength,
    selected: {
      tools: tools.length,
      prompts: prompts.length,
      resources: resources.length,
      resource_templates: templates.length,
    },
  };
}

/** The profile that a request names. Throws ProfileNotFound. */
export function profileNamed(name: string, profiles: ProfilesView): ShownProfile {
  const view = profiles.view(name);
  if (view === undefined) throw new ProfileNotFound(name, nearestName(name, profiles.names));
  return view;
}
