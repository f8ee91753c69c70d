/** Like `work-words.ts`, for everyday life: places, travel, food, money, media, health, science. */
export const EVERYDAY_WORDS: readonly (readonly string[])[] = `
address, location, place, where
map, directions, route, navigation
distance, how far, mileage
nearby, near, close, around, local, nearest
weather, forecast, temperature, rain, climate
city, town
country, nation
trip, travel, journey, vacation, holiday, tour, itinerary
flight, airline, plane, airfare
hotel, accommodation, lodging, stay, room
restaurant, dining, eat, dinner
food, meal, dish, cuisine
recipe, cook, cooking, ingredient
drink, beverage, cocktail, wine
car, vehicle, auto, automobile
taxi, ride, cab
train, rail, railway
bus, transit, public transport
house, home, property, real estate, apartment
rent, lease, rental
price, cost, fee, rate, how much, pricing
cheap, affordable, discount, deal, bargain, coupon, promo
budget, spending, expense, expenses
money, currency, cash, funds
exchange rate, currency, convert currency
bank, account, balance
invoice, bill, receipt, billing
tax, vat, duty
loan, mortgage, credit
stock, share, equity, ticker
stock market, trading, investment, invest
crypto, cryptocurrency, bitcoin, token, coin, blockchain
insurance, coverage, policy
product, item, goods, merchandise
inventory, stock, warehouse
cart, basket
shipment, shipping, delivery, parcel, package, tracking
job, career, position, vacancy, employment, hiring
resume, cv, curriculum vitae
salary, wage, pay, compensation
lead, prospect, opportunity
deal, opportunity, sale
campaign, marketing, advertisement, ad, advertising
seo, keyword, ranking, backlink
news, headline, article, press
book, novel, literature, reading
movie, film, cinema
show, series, tv, television
music, song, track, tune, audio
playlist, album
podcast, episode
video, clip, footage, youtube
image, photo, picture, photograph, pic
logo, icon, brand
color, colour
font, typeface
audio, sound, voice, speech
transcribe, transcript, transcription, speech to text, subtitle, caption
speak, say, pronounce, text to speech
translate, translation, language
language, locale, english
grammar, spelling, proofread
word, term, vocabulary
meaning, definition, define, dictionary
synonym, thesaurus
paper, article, publication, research, study
citation, reference, bibliography
science, scientific, research
math, mathematics, arithmetic, equation, calculator
number, numeric, digit, value
random, chance, dice, roll
average, mean
percentage, percent, ratio
unit, measure, measurement
convert unit, conversion
game, gaming, play
team, club, player, match
sport, sports, league
score, result, standing
health, medical, medicine, clinical
doctor, physician, practitioner
drug, medication, medicine
disease, illness, symptom, condition
diet, nutrition, calorie
workout, fitness, exercise, training
pet, animal, dog, cat
plant, garden, flower
fashion, clothes, clothing, outfit, style, wear
gift, present
law, legal, regulation, statute
lawyer, attorney
contract, agreement
government, public, official
school, university, college
student, pupil
child, children, kid, kids
family, genealogy, relative
friend, buddy
chatbot, bot, assistant, agent, ai
prompt, instruction
model, llm, ai
embed, embedding, vector
question, answer, faq, ask
idea, brainstorm, inspiration
think, reason, reasoning, thought, step by step
problem solving, reasoning, solve
story, tale, fiction, narrative
quote, quotation, saying
joke, humor, fun, funny
device, hardware, gadget
phone, mobile, call, telephone
sms, text message
light, lamp, bulb
temperature, thermostat, heating
space, astronomy, planet, star
earthquake, disaster, emergency
energy, electricity, power
environment, climate, emission, carbon
drive, driving, directions, car
walk, walking, foot, hike, hiking, trail
bicycle, bike, cycling
refund, money back, return
birthday, anniversary, celebration, party
wedding, marriage, bride
horoscope, zodiac, astrology, tarot
religion, bible, scripture, verse, prayer
poem, poetry, lyrics, rhyme
artist, musician, band, singer
concert, festival, gig, event
ticket, admission, seat
museum, gallery, exhibition, art
art, artwork, painting, artist
actor, actress, celebrity, cast
anime, manga, cartoon, comic
puzzle, riddle, trivia, crossword
chess, board game, checkers
poker, card game, casino
lottery, gambling, betting, odds, bet
football, soccer
basketball, nba
baseball, mlb
player, athlete, sportsman
match, fixture, game
tournament, championship, competition, cup
election, vote, voting, ballot
politics, politician, senator, congress, parliament, legislator, legislation
crime, police, criminal, offence
court, lawsuit, judge, litigation, trial
patent, trademark, copyright, intellectual property
visa, passport, immigration
retirement, pension, 401k
saving, savings, interest
portfolio, holding, asset, wealth
dividend, yield
earnings, revenue, income, profit
financial statement, balance sheet, income statement, cash flow
interest rate, compound interest
startup, founder, venture capital
furniture, interior design, decor, decoration, renovation
electric car, ev, charging station
fuel, gas, petrol, gasoline
parking, garage
traffic, congestion, road
airport, terminal, airline
cruise, ship, boat, vessel
beach, ocean, sea, tide
mountain, ski, snow
campsite, camping, outdoor
landmark, attraction, sightseeing, point of interest
population, demographics, census
history, historical, ancient, past
species, wildlife
chemistry, chemical
molecule, compound
physics, mechanics
gene, dna, genetics, genome
probability, chance, likelihood
geometry, shape
algebra, polynomial, equation
derivative, differentiate
integral, integrate
matrix, linear algebra
divisor, factor, gcd
moon, lunar
sunrise, sunset, sun
air quality, pollution, smog
storm, hurricane, tornado, flood
supplement, nutrient
mental health, therapy, anxiety, depression, mood, counseling
meditation, mindfulness, relaxation, sleep
pregnancy, baby, infant, newborn
hospital, clinic, patient
heart rate, pulse
bmi, body mass index, body weight
vegan, vegetarian, plant based
coffee, tea, cafe
beer, wine, brewery
grocery, groceries, supermarket
makeup, beauty, cosmetics, skincare
jewelry, jewellery
shoe, shoes, sneakers, footwear
exam, test, quiz
essay, writing, article, copywriting
flashcard, memorize, vocabulary
homework, assignment
scholarship, admission, degree
career, career advice, mentor, coaching, coach
dating, relationship, romance, love
character, avatar, persona, role play
meme, gif, sticker
remove background, photo editing, image editing, retouch
3d, render, cad, 3d model
radio, station, broadcast
live, stream, streaming, twitch
guitar, chord
encourage, motivate, motivation, inspiration
opinion, advice, perspective, suggestion
culture, tradition, heritage
charity, donation, donate, nonprofit
volunteer, community
worker, labor, labour, workforce
factory, manufacturing, production
farm, farming, agriculture, crop
construction, building, architecture
metal, steel
satellite, orbit, spacecraft, rocket
robot, robotics, automation
battery, charge, power
speed, velocity
height, altitude, elevation
weight, mass
size, dimension
`
  .trim()
  .split("\n")
  .map((line) => line.split(",").map((entry) => entry.trim()));
