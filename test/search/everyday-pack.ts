import type { Question, Servers } from "./quality-pack.ts";
import { toolsOf } from "./quality-pack.ts";

/** Tools of consumer services, with the terse descriptions that such services have. */
const SERVERS: Servers = {
  kitchen: {
    find_recipes: ["Find recipes by ingredients.", "ingredients cuisine"],
    get_nutrition: ["Get calories and nutrients of a food.", "food grams"],
  },
  travel: {
    search_flights: ["Search for flights between two airports.", "from to date"],
    book_hotel: ["Book a room in a hotel.", "city check_in nights"],
    list_attractions: ["List attractions in a city.", "city"],
    rent_car: ["Rent a car.", "city from to"],
  },
  money: {
    convert_currency: ["Convert an amount between currencies.", "amount from to"],
    get_stock_price: ["Get the latest price of a stock.", "ticker"],
    calculate_loan: ["Calculate the monthly payment of a loan.", "principal rate years"],
    get_crypto_price: ["Get the price of a cryptocurrency.", "symbol"],
  },
  media: {
    search_movies: ["Search movies by title, genre or actor.", "query"],
    play_song: ["Play a song.", "title artist"],
    get_lyrics: ["Get the lyrics of a song.", "title"],
    generate_image: ["Generate an image from a text prompt.", "prompt size"],
    summarize_video: ["Summarize a video from its transcript.", "url"],
  },
  news: {
    get_headlines: ["Get the top headlines.", "category country"],
    get_scores: ["Get the results of football matches.", "league date"],
  },
  health: {
    find_doctor: ["Find a physician near you.", "specialty location"],
    log_workout: ["Log a workout.", "activity minutes"],
    guided_meditation: ["Start a guided meditation.", "minutes"],
  },
  learning: {
    define_word: ["Define a word.", "word"],
    solve_equation: ["Solve an equation step by step.", "equation"],
    make_quiz: ["Make a quiz about a topic.", "topic questions"],
    search_papers: ["Search scientific papers.", "query"],
  },
  home: {
    set_thermostat: ["Set the temperature of the thermostat.", "degrees"],
    switch_light: ["Switch a light on or off.", "room on"],
    set_timer: ["Set a timer.", "minutes"],
    track_parcel: ["Track a parcel.", "tracking_number"],
    find_apartment: ["Find apartments for rent.", "city rooms max_rent"],
    find_job: ["Search for open positions.", "title location"],
  },
};

export const EVERYDAY_TOOLS = toolsOf(SERVERS);

export const EVERYDAY_QUESTIONS: readonly Question[] = [
  ["what can I cook with eggs and spinach?", "find_recipes"],
  ["a vegetarian meal idea for tonight", "find_recipes"],
  ["how many calories does an avocado have?", "get_nutrition"],
  ["cheapest plane tickets to Lisbon", "search_flights"],
  ["I need accommodation in Vienna for two nights", "book_hotel"],
  ["sightseeing in Prague", "list_attractions"],
  ["hire a vehicle at the airport", "rent_car", "search_flights"],
  ["how much is 50 dollars in euros? exchange rate", "convert_currency"],
  ["what are Apple shares worth?", "get_stock_price"],
  ["monthly rate of a mortgage", "calculate_loan"],
  ["bitcoin price", "get_crypto_price"],
  ["a good film with Audrey Tautou", "search_movies"],
  ["put on some music", "play_song"],
  ["the words of that track", "get_lyrics"],
  ["draw a picture of a fox", "generate_image"],
  ["give me a recap of this youtube clip", "summarize_video"],
  ["what is in the news today?", "get_headlines"],
  ["soccer results of yesterday", "get_scores"],
  ["I need a doctor for my knee", "find_doctor"],
  ["record my fitness training", "log_workout"],
  ["help me relax with mindfulness", "guided_meditation"],
  ["what is the meaning of serendipity?", "define_word"],
  ["help with a math equation", "solve_equation"],
  ["write a test about the French revolution", "make_quiz"],
  ["research articles about batteries", "search_papers"],
  ["make the heating warmer", "set_thermostat"],
  ["turn off the lamp in the kitchen", "switch_light"],
  ["countdown of ten minutes", "set_timer"],
  ["where is my delivery?", "track_parcel"],
  ["I want to lease a flat with two rooms", "find_apartment"],
  ["vacancies for a nurse", "find_job"],
];
