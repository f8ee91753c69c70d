/**
 * Words that people and tool authors use for the same thing, in the field of developer and office tools; one group a
 * line. A word may stand in several groups, and groups are not chained. Two or three words together are one entry.
 * The form does not matter: entries are compared by their stems.
 */
export const WORK_WORDS: readonly (readonly string[])[] = `
create, add, new, make, generate, insert
create, build, construct, set up, initialize, init
start, launch, run, begin, boot, open
run, execute, invoke, trigger, perform
stop, halt, terminate, kill, shut down, end
pause, suspend, hold
resume, continue, unpause
restart, reboot, reload
delete, remove, erase, destroy, drop, get rid, discard, wipe
clear, empty, reset, purge, flush
update, modify, change, edit, alter, revise, adjust
replace, overwrite, substitute, swap
rename, relabel
get, fetch, retrieve, obtain, read, pull
get, show, display, give, tell, view, see
list, enumerate, show all, browse, overview
search, find, look up, lookup, locate, discover, query
check, verify, validate, test, confirm, inspect
compare, diff, difference, contrast
calculate, compute, work out, figure out, determine
estimate, predict, forecast, project, prediction
analyze, analyse, examine, study, investigate, analysis
summarize, summarise, summary, digest, condense, recap, tldr
explain, describe, clarify, details, detail, information, info
recommend, suggest, propose, advise, recommendation, suggestion
choose, pick, select
send, deliver, dispatch, transmit
share, publish, distribute
save, store, write, persist, record
load, import, ingest
export, dump, extract
upload, put, attach
download, fetch, save locally
copy, duplicate, clone, replicate
move, relocate, transfer, migrate, shift
convert, transform, translate, turn into, conversion
merge, combine, join, unite, concatenate
split, divide, separate, partition
sort, order, arrange, rank
filter, narrow, restrict
count, number, how many, total, tally
group, aggregate, bucket
watch, monitor, track, observe, follow
notify, alert, notification, inform, warn
remind, reminder, nudge
subscribe, sign up, register, enroll, join
unsubscribe, opt out, leave
cancel, abort, revoke, call off
approve, accept, confirm, authorize
reject, decline, deny, refuse
assign, allocate, delegate, hand over
schedule, plan, book, arrange, appointment
enable, activate, turn on, switch on
disable, deactivate, turn off, switch off
lock, freeze, protect
connect, link, attach, associate, relate
disconnect, detach, unlink
compress, zip, archive, pack, shrink
decompress, unzip, extract, unpack
encrypt, encode, cipher
decrypt, decode
sign, signature
install, set up, deploy
uninstall, remove
upgrade, update, newer version
undo, revert, roll back, rollback, restore
sync, synchronize, synchronise, mirror
backup, back up, snapshot, archive
format, reformat, prettify, beautify
parse, interpret, read
crawl, scrape, spider, scraping, extract
draw, sketch, illustrate, paint, drawing
play, listen, stream
rate, rating, score, review, grade
improve, optimize, optimise, enhance, refine
fix, repair, resolve, correct, debug
learn, study, teach, lesson, tutor, education, course
practice, exercise, drill, quiz
buy, purchase, shop, order, shopping
sell, sale, vend
pay, payment, charge, checkout, transaction
refund, reimburse, chargeback, return
file, document, doc
directory, folder, path
text, content, contents, plain
tree, hierarchy, structure, nested
disk, storage, drive, filesystem
size, bytes, length, how big
metadata, properties, attributes, timestamps, stat
permission, access, privilege, right
repository, repo, codebase, project
commit, changeset, revision, history
branch, ref
commit, record, check in
history, log, past, timeline, changelog
stage, index, add
unstage, reset
pull request, merge request, pr, mr
issue, ticket, bug, defect, problem
label, tag, category
milestone, sprint, iteration
release, version, tag
code, source, source code, program, script, snippet
function, method, procedure
review, feedback, critique, comment
pipeline, workflow, ci, build, job, action
task, todo, to do, action item
project, board, workspace
team, group, organization, organisation, org, department
user, account, member, person, people
colleague, coworker, teammate, employee, staff
customer, client, consumer
contact, address book, person
company, business, organization, firm, enterprise, corporation
email, mail, e mail, message, inbox
draft, compose, write
reply, respond, answer, response
forward, redirect
attachment, attached file
spam, junk
message, chat, dm, text, conversation
channel, room, chatroom
thread, conversation, discussion
post, publish, tweet
comment, remark, note
meeting, event, appointment, call, session
calendar, agenda, schedule, availability, diary
free, available, availability, open slot
invite, invitation, attendee, guest, participant
date, day, time, when
today, current, now, latest
recent, latest, newest, last
upcoming, future, next
note, memo, jotting, insight
document, page, article, wiki
spreadsheet, sheet, workbook, excel, csv
row, record, entry, line
column, field, attribute
cell, range
slide, presentation, deck, powerpoint
pdf, document
form, survey, questionnaire, poll
template, boilerplate, blueprint
report, summary, statement
chart, graph, plot, diagram, visualize, visualization
flowchart, diagram, mind map
dashboard, panel
table, dataset, relation
database, db, sql, sqlite, postgres, mysql
query, sql, select, statement
schema, structure, columns, definition
transaction, atomic
key, id, identifier
cache, memoize
queue, topic, stream
knowledge graph, memory, knowledge base
entity, node, vertex, object
relation, relationship, edge, connection, link
observation, fact, remember
remember, memory, memorize, recall
url, link, web address, uri
website, site, web page, webpage, web
internet, web, online
browser, tab, chrome
html, markup, page
markdown, text
screenshot, screen capture, snapshot, picture
click, press, tap
type, enter, fill, input
scroll, swipe
api, endpoint, service
request, call, http
server, host, machine, instance, vm
container, docker, pod
kubernetes, k8s, cluster
cloud, aws, azure, gcp
function, lambda, serverless
bucket, s3, object storage, blob
log, logs, trace, event
metric, measurement, statistic, stats, kpi, statistics
error, exception, failure, fault, crash
incident, outage, downtime
alarm, alert, monitor
uptime, availability, health, status
status, state, progress, condition
performance, speed, latency, slow
process, program, task
command, shell, terminal, bash, cli
environment variable, env, setting
config, configuration, setting, settings, preferences, options
secret, password, credential, token, api key
login, log in, sign in, authenticate
logout, log out, sign out
vulnerability, cve, security, weakness
scan, audit, inspect
package, library, dependency, module
docs, documentation, manual, reference, guide
timezone, time zone, utc, local time
clock, time, hour
alarm, timer, countdown
duration, how long, length
domain, dns, hostname
ip, ip address
certificate, ssl, tls
port, socket
network, connection, connectivity
search web, web search, google, bing, duckduckgo
mute, silence, snooze, quiet
inside, contents, contain, content
react, reaction, emoji
scale, resize, replica, capacity
tell, message, notify, inform
newsletter, mailing list, subscriber, subscription
mongodb, mongo, collection, nosql
redis, cache, key value
kafka, rabbitmq, broker, queue
warehouse, bigquery, snowflake, database
terraform, infrastructure, provision
lint, static analysis, code quality, code style
unit test, test suite, spec
regex, regular expression, pattern
json, yaml, xml
uuid, guid, unique identifier
hash, checksum, digest, md5, sha256
qr code, barcode, qr
ocr, text recognition, handwriting, scanned
ssh, remote shell, remote
firewall, security group, acl
role, policy, permission
quota, limit, rate limit, usage
webhook, callback, hook
feature flag, toggle, flag
experiment, a b test, variant, trial
analytics, statistics, insight, traffic, visitor
support, helpdesk, ticket, case
goal, objective, target, okr
deadline, due date, due
priority, urgent, importance, severity
owner, assignee, responsible
subtask, child, parent, epic
time entry, timesheet, working hours, log time
time off, leave, absence, vacation, pto
candidate, applicant, recruit, recruiting
bookmark, favorite, favourite, star
upvote, vote
follow, subscribe, follower
two factor, 2fa, mfa, otp
paste, clipboard
application, app, window, software, program
keyboard, hotkey, shortcut, keystroke
mouse, cursor, pointer
wifi, wireless
geocode, coordinates, latitude, longitude
zip code, postal code, postcode, zip
sku, upc, product code
crm, salesforce, hubspot, customer relationship
jira, issue, ticket
gmail, outlook, email
word, docx, document
notion, confluence, wiki, page
trello, board, card, kanban
dropbox, google drive, cloud storage, file
zoom, video call, conference, meeting
stripe, paypal, payment
twitter, tweet, x
facebook, instagram, social media, social network
whatsapp, telegram, messenger, chat
slack, discord, chat, workspace
jenkins, ci, build
docker hub, registry, image
wikipedia, encyclopedia, article
arxiv, pubmed, paper, preprint
backlog, queue, pending
stakeholder, sponsor, partner
minutes, protocol, meeting notes
outline, structure, table of contents
layout, design, mockup, wireframe, figma
component, element, widget
`
  .trim()
  .split("\n")
  .map((line) => line.split(",").map((entry) => entry.trim()));
