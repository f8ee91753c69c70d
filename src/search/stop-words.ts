/**
 * Words that say nothing about which tool is meant: the grammar of English, and the courtesies with which a request
 * is put ("could you please help me …"). They count only in a query that has nothing else.
 */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    "a about all am an and any are as at be because been before being both but by can cannot could did do does " +
    "doing down each either else few for from had has have having he her here hers him his how i if in into is it " +
    "its itself just me more most much must my myself no nor not of off on once only or other our ours out over own " +
    "shall she should so some such than that the their theirs them then there these they this those through to too " +
    "under until up upon us very was we were what when where whether which while who whom whose why will with " +
    "within without would you your yours yourself " +
    "ain aren couldn d didn doesn don hadn hasn haven isn let ll m mustn re s shouldn t ve wasn weren won wouldn " +
    "also actually already always anyone anything currently especially etc finally furthermore hello hey hi however " +
    "instead kindly lastly like may maybe might moreover need needed needs now perhaps please really somehow " +
    "something someone sure thank thanks therefore thus want wants wanted well whatever yet"
  ).split(" "),
);
