import type { Tool } from "../../src/domain/offering.ts";
import { sampleTool } from "./sample-tools.ts";

/** Server → tool → description and names of parameters. */
export type Servers = Readonly<Record<string, Readonly<Record<string, readonly [string, string?]>>>>;

/** A question as somebody would put it, and the names of the tools that answer it. */
export type Question = readonly [question: string, ...tools: string[]];

export function toolsOf(servers: Servers): readonly Tool[] {
  return Object.entries(servers).flatMap(([server, tools]) =>
    Object.entries(tools).map(([name, [description, names = ""]]) => {
      const keys = names.split(" ").filter(Boolean);
      return sampleTool(name, {
        server,
        description,
        parameters: Object.fromEntries(keys.map((key) => [key, ""])),
      });
    }),
  );
}

/** Tools for developers and offices, as small real servers would put them. */
const SERVERS: Servers = {
  files: {
    read_file: ["Read the complete contents of a file from the file system.", "path"],
    write_file: ["Create a new file or overwrite an existing file with new content.", "path content"],
    list_directory: ["Get a listing of all files and directories in a path.", "path"],
    create_directory: ["Create a new directory, with its parents.", "path"],
    delete_file: ["Delete a file.", "path"],
    move_file: ["Move or rename files and directories.", "source destination"],
    search_files: ["Recursively search for files and directories matching a pattern.", "path pattern"],
  },
  github: {
    create_issue: ["Create a new issue in a repository.", "owner repo title body labels"],
    list_pull_requests: ["List pull requests of a repository, filtered by state.", "owner repo state"],
    merge_pull_request: ["Merge a pull request.", "owner repo pull_number merge_method"],
    add_issue_comment: ["Add a comment to an existing issue.", "owner repo issue_number body"],
    fork_repository: ["Fork a repository to your account.", "owner repo"],
    list_workflow_runs: ["List the runs of a GitHub Actions workflow.", "owner repo workflow_id"],
    create_release: ["Publish a release with notes and assets.", "owner repo tag_name"],
  },
  git: {
    git_status: ["Show the working tree status.", "repo_path"],
    git_commit: ["Record staged changes to the repository.", "repo_path message"],
    git_diff: ["Show differences between branches or commits.", "repo_path target"],
    git_log: ["Show the commit logs.", "repo_path max_count"],
    git_checkout: ["Switch branches.", "repo_path branch_name"],
  },
  mail: {
    send_message: ["Send an email to one or more recipients.", "to cc subject body"],
    search_messages: ["Search the mailbox with a query.", "query folder"],
    reply_to_message: ["Reply to the sender of a message.", "message_id body"],
    download_attachment: ["Save an attachment of a message to disk.", "message_id attachment_id"],
    create_filter_rule: ["Create a rule that sorts incoming mail.", "conditions actions"],
  },
  calendar: {
    create_event: ["Create a calendar event with attendees, place and time.", "title start end attendees"],
    find_free_slots: ["Find times at which all attendees are free.", "attendees duration"],
    delete_event: ["Delete a calendar event.", "event_id"],
    list_events: ["List the events between two dates.", "from to"],
  },
  chat: {
    post_message: ["Post a message to a channel.", "channel text"],
    list_channels: ["List the public channels of the workspace.", ""],
    get_user_profile: ["Get the profile of a user.", "user_id"],
    add_reaction: ["Add an emoji reaction to a message.", "channel timestamp emoji"],
  },
  postgres: {
    run_query: ["Run a read-only SQL query against the database.", "sql"],
    list_tables: ["List the tables of a schema.", "schema"],
    describe_table: ["Show the columns, types and indexes of a table.", "table"],
    explain_query: ["Show the execution plan of a statement.", "sql"],
  },
  browser: {
    navigate: ["Open a URL in the browser.", "url"],
    take_screenshot: ["Take a picture of the current page.", "full_page"],
    click_element: ["Click on an element of the page.", "selector"],
    fill_form: ["Fill the fields of a form.", "fields"],
  },
  web: {
    fetch_url: ["Fetch a web page and convert it to markdown.", "url max_length"],
    web_search: ["Search the web and return results with titles and snippets.", "query count"],
  },
  kubernetes: {
    list_pods: ["List pods in a namespace.", "namespace label_selector"],
    get_pod_logs: ["Get the logs of a pod.", "namespace pod container"],
    scale_deployment: ["Set the number of replicas of a deployment.", "namespace name replicas"],
    apply_manifest: ["Apply a YAML manifest to the cluster.", "manifest"],
  },
  monitoring: {
    query_metrics: ["Evaluate a PromQL expression over a time range.", "query start end step"],
    list_alerts: ["List the alerts that are firing.", "severity"],
    silence_alert: ["Silence an alert for some time.", "alert_id duration comment"],
    create_incident: ["Declare an incident and page the people on call.", "title severity"],
  },
  tracker: {
    create_task: ["Create a task in a project.", "project title assignee due_date"],
    assign_task: ["Assign a task to a team member.", "task_id assignee"],
    list_sprints: ["List the sprints of a board.", "board_id"],
  },
  sheets: {
    append_rows: ["Append rows to a spreadsheet.", "spreadsheet_id range values"],
    read_range: ["Read the cells of a range.", "spreadsheet_id range"],
    create_chart: ["Create a chart from a range of cells.", "spreadsheet_id range type"],
  },
  weather: {
    get_forecast: ["Get the weather forecast for a location.", "latitude longitude days"],
  },
  maps: {
    get_directions: [
      "Get directions between two places by car, bicycle or on foot.",
      "origin destination mode",
    ],
    search_places: [
      "Search for places such as shops and restaurants near a location.",
      "query location radius",
    ],
  },
  translator: {
    translate_text: ["Translate text into another language.", "text target_language"],
  },
  payments: {
    create_invoice: ["Create an invoice for a customer.", "customer amount currency"],
    refund_payment: ["Refund a payment in full or in part.", "payment_id amount"],
  },
};

export const PACK_TOOLS: readonly Tool[] = toolsOf(SERVERS);

export const PACK_QUESTIONS: readonly Question[] = [
  ["show me what is inside config.yaml", "read_file"],
  ["save these notes as todo.txt", "write_file"],
  ["which files are in my downloads folder?", "list_directory"],
  ["make a folder for the photos", "create_directory"],
  ["get rid of the old log file", "delete_file"],
  ["rename report.doc to final.doc", "move_file"],
  ["find every file called readme below this path", "search_files"],
  ["report a bug in the repo", "create_issue"],
  ["what PRs are open at the moment?", "list_pull_requests"],
  ["merge the PR of Anna", "merge_pull_request"],
  ["leave a remark on ticket 12", "add_issue_comment"],
  ["make my own copy of their repository", "fork_repository"],
  ["did the CI pipeline pass?", "list_workflow_runs"],
  ["publish version 2.0 with a changelog", "create_release"],
  ["which files have I modified in my working copy?", "git_status"],
  ["commit my staged work", "git_commit"],
  ["compare the two branches", "git_diff"],
  ["show the commit history", "git_log"],
  ["go to another branch", "git_checkout"],
  ["write an e-mail to the customer", "send_message"],
  ["look for the mail with the contract", "search_messages"],
  ["answer Bob's message", "reply_to_message"],
  ["get the PDF that was attached to the email", "download_attachment"],
  ["sort newsletters into a folder automatically", "create_filter_rule"],
  ["set up a meeting with the team on Friday", "create_event"],
  ["when are both of us available for a call?", "find_free_slots"],
  ["cancel tomorrow's appointment", "delete_event"],
  ["what is on my agenda this week?", "list_events"],
  ["tell the #general channel that we are done", "post_message"],
  ["what channels does the workspace have?", "list_channels"],
  ["look up the profile of a colleague", "get_user_profile"],
  ["react to the message with a thumbs up emoji", "add_reaction"],
  ["run a SQL select", "run_query"],
  ["what tables does the database have?", "list_tables"],
  ["what columns does the orders table have?", "describe_table"],
  ["why is this SQL statement slow, show its execution plan", "explain_query"],
  ["open the site in a browser tab", "navigate", "fetch_url"],
  ["capture an image of the page", "take_screenshot"],
  ["press the login button", "click_element"],
  ["enter my address into the form", "fill_form"],
  ["download a web page as markdown", "fetch_url"],
  ["google for the latest news", "web_search"],
  ["which pods are running in namespace prod?", "list_pods"],
  ["show the container logs", "get_pod_logs"],
  ["increase the number of replicas to five", "scale_deployment"],
  ["deploy this yaml to the k8s cluster", "apply_manifest"],
  ["evaluate a PromQL expression for CPU usage", "query_metrics"],
  ["are any alarms firing right now?", "list_alerts"],
  ["mute the disk alert for two hours", "silence_alert"],
  ["we have an outage, page the people on call", "create_incident"],
  ["add a todo to the project board", "create_task"],
  ["hand the task over to Maria", "assign_task"],
  ["list our sprints", "list_sprints"],
  ["add a line to the spreadsheet", "append_rows"],
  ["what do cells A1 to B9 contain?", "read_range"],
  ["draw a graph of these cells", "create_chart"],
  ["will it rain in Oslo tomorrow?", "get_forecast"],
  ["how do I drive from Rome to Milan?", "get_directions"],
  ["restaurants nearby", "search_places"],
  ["say this in French", "translate_text"],
  ["bill the client for 200 euros", "create_invoice"],
  ["give the customer the money back", "refund_payment"],
];
