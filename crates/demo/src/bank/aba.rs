//! Goals of behaviour analysts.

use super::{HomePractice, LongTerm, Objective, Shape, down, up};
use crate::roster::Need::{AbaCommunication, AbaDaily, AbaFamily, AbaSafety, AbaSchoolAge};

pub(super) const LONG_TERM: &[LongTerm] = &[
    LongTerm {
        need: AbaCommunication,
        domain: "communication",
        statement: "Across home and clinic, asks for what is wanted and refuses what is not, by word, sign or device, with familiar and new adults",
        plain: "Can tell people what they want and do not want, in their own way",
        plain_es: "Puede decir lo que quiere y lo que no quiere, a su manera",
        why: "Being understood is worth more to the family than any other skill on this plan",
        changes: &[
            "choice of two pictures added before the wait",
            "wait before helping made longer, 2 to 5 seconds",
            "new set of reinforcers after a preference check",
        ],
        home: HomePractice {
            name: ("Ask for it at snack", "Pedirlo en la merienda"),
            steps: &[
                (
                    "Put a liked food in sight, out of reach",
                    "Ponga una comida favorita a la vista, fuera de alcance",
                ),
                ("Wait and count to five in your head", "Espere y cuente hasta cinco en silencio"),
                (
                    "Any word, sign or picture counts: give it at once",
                    "Cualquier palabra, seña o dibujo vale: déselo enseguida",
                ),
            ],
            dose: ("5 turns at one snack", "5 veces en una merienda"),
            days_a_week: 5,
        },
    },
    LongTerm {
        need: AbaDaily,
        domain: "self-care",
        statement: "Does the daily care routines of the home with no more help than a picture card",
        plain: "Does morning and bedtime care with little help",
        plain_es: "Hace el aseo de la mañana y de la noche con poca ayuda",
        why: "The morning routine now takes an adult forty minutes",
        changes: &[
            "steps taught from the last one backwards",
            "pictures of the steps put beside the mirror",
            "practice moved to the real time of day",
        ],
        home: HomePractice {
            name: ("Teeth at bedtime", "Dientes antes de dormir"),
            steps: &[
                ("Point to the next picture", "Señale el siguiente dibujo"),
                ("Help from behind, only as much as needed", "Ayude desde atrás, solo lo necesario"),
                ("Say what went well", "Diga qué salió bien"),
            ],
            dose: ("once each evening", "una vez cada noche"),
            days_a_week: 7,
        },
    },
    LongTerm {
        need: AbaSafety,
        domain: "safety",
        statement: "Stays safe and moves between activities at home, in the clinic and outdoors with one spoken or picture cue",
        plain: "Stays safe and can move on from one thing to the next",
        plain_es: "Está a salvo y puede pasar de una actividad a otra",
        why: "Two unsafe moments near the road in the last half-year, reported by the family",
        changes: &[
            "two-minute picture warning added",
            "a card for asking for a break taught first",
            "practice moved from the corridor to the car park",
        ],
        home: HomePractice {
            name: ("Two-minute card", "Tarjeta de dos minutos"),
            steps: &[
                ("Show the card two minutes before", "Muestre la tarjeta dos minutos antes"),
                ("Name what comes next", "Diga qué viene después"),
                ("Thank for any move towards it", "Agradezca cualquier paso"),
            ],
            dose: ("3 changes a day", "3 cambios al día"),
            days_a_week: 5,
        },
    },
    LongTerm {
        need: AbaSchoolAge,
        domain: "play and self-advocacy",
        statement: "Takes part in play with peers and speaks up for own needs at home, in the clinic and in one community place",
        plain: "Plays with other children and says when something is too much",
        plain_es: "Juega con otros niños y avisa cuando algo es demasiado",
        why: "Asked for by the child: to have somebody to play with at recess",
        changes: &[
            "game chosen by the children, not by us",
            "written script faded to one key word",
            "one more peer invited",
        ],
        home: HomePractice {
            name: ("One game, three turns", "Un juego, tres turnos"),
            steps: &[
                ("Let the child choose the game", "Que elija el juego"),
                ("Say 'my turn' and 'your turn'", "Diga 'me toca' y 'te toca'"),
                ("Stop while it is still fun", "Termine mientras sea divertido"),
            ],
            dose: ("10 minutes", "10 minutos"),
            days_a_week: 3,
        },
    },
    LongTerm {
        need: AbaFamily,
        domain: "caregiver skills",
        statement: "The family carries out the agreed routines at home as written and feels able to go on without the team",
        plain: "You feel sure about the routines at home",
        plain_es: "Usted se siente segura con las rutinas en casa",
        why: "What the family can do alone is what stays",
        changes: &["one routine at a time instead of three", "video of the last try watched together first"],
        home: HomePractice {
            name: ("Bedtime routine", "Rutina de dormir"),
            steps: &[
                ("Follow the ten steps on the sheet", "Siga los diez pasos de la hoja"),
                ("Tick what was done", "Marque lo que hizo"),
            ],
            dose: ("once each evening", "una vez cada noche"),
            days_a_week: 5,
        },
    },
];

#[rustfmt::skip]
pub(super) const OBJECTIVES: &[Objective] = &[
    Objective { slug: "ask", need: AbaCommunication, label: "asks for wanted items", when: "When a wanted item is in sight and out of reach", does: "asks for it by word, sign or device", plain: "Asks for things instead of reaching or crying", plain_es: "Pide las cosas en lugar de jalar o llorar", shape: Shape::Share { n: 10, from: 0.15, to: 0.93 }, rule: up(90.0, 3), sided: false, activities: &["snack choices", "bubbles and wind-up toys", "swing and slide in the gym", "a shelf of favourite toys"] },
    Objective { slug: "help", need: AbaCommunication, label: "asks for help", when: "When a task cannot be done alone (a tight lid, a stuck zip)", does: "asks an adult for help by word, sign or device", plain: "Asks for help when stuck", plain_es: "Pide ayuda cuando no puede", shape: Shape::Share { n: 8, from: 0.1, to: 0.92 }, rule: up(80.0, 3), sided: false, activities: &["closed boxes", "a puzzle with one piece missing", "shoes and jackets"] },
    Objective { slug: "no", need: AbaCommunication, label: "says no or stop", when: "When offered something unwanted", does: "refuses with a word, a head shake, a sign or the device", plain: "Can say no in a way that others respect", plain_es: "Puede decir que no de una forma que los demás respeten", shape: Shape::Share { n: 10, from: 0.2, to: 0.94 }, rule: up(80.0, 3), sided: false, activities: &["unliked foods on a separate plate", "offers of the wrong toy", "tickle games with stop"] },
    Objective { slug: "teeth", need: AbaDaily, label: "brushes teeth", when: "Given the brush, paste and a picture strip at the sink", does: "brushes teeth following the twelve steps", plain: "Brushes teeth nearly alone", plain_es: "Se cepilla los dientes casi sin ayuda", shape: Shape::Steps { of: 12, from: 0.27, to: 0.95 }, rule: up(11.0, 3), sided: false, activities: &["the low sink by room 3", "the bathroom after snack"] },
    Objective { slug: "hands", need: AbaDaily, label: "washes hands", when: "Before meals, given a picture strip", does: "washes and dries hands following the ten steps", plain: "Washes hands before eating", plain_es: "Se lava las manos antes de comer", shape: Shape::Steps { of: 10, from: 0.35, to: 0.96 }, rule: up(9.0, 3), sided: false, activities: &["the sink before lunch", "the sink after painting"] },
    Objective { slug: "schedule", need: AbaDaily, label: "follows a picture schedule", when: "Given a five-picture schedule of the morning", does: "starts each activity after checking the next picture", plain: "Follows the pictures to know what comes next", plain_es: "Sigue los dibujos para saber qué viene después", shape: Shape::Share { n: 5, from: 0.2, to: 0.93 }, rule: up(80.0, 3), sided: false, activities: &["the morning board", "the schedule strip on the table"] },
    Objective { slug: "transition", need: AbaSafety, label: "starts the next activity", when: "After a two-minute warning and one cue", does: "starts moving to the next activity", plain: "Moves on more easily when something ends", plain_es: "Cambia de actividad con más facilidad", shape: Shape::Latency { from: 108.0, to: 12.0 }, rule: down(15.0, 4), sided: false, activities: &["tablet to table", "playground to inside", "blocks to snack"] },
    Objective { slug: "safe-hands", need: AbaSafety, label: "hits or kicks others less, asks for a break", when: "When a task is hard or a liked thing ends, and a break card is within reach", does: "asks for a break, and hitting or kicking others (contact with force, not high fives) stays", plain: "Asks for a break instead of hitting", plain_es: "Pide un descanso en lugar de pegar", shape: Shape::Rate { minutes: 120, from: 5.6, to: 0.25 }, rule: down(0.5, 4), sided: false, activities: &["table work", "ends of free play", "shared toys"] },
    Objective { slug: "kerb", need: AbaSafety, label: "stops at the kerb", when: "Walking beside an adult towards a road", does: "stops at the kerb when asked once", plain: "Stops at the road when you ask", plain_es: "Se detiene en la calle cuando se lo piden", shape: Shape::Share { n: 5, from: 0.2, to: 0.95 }, rule: up(100.0, 3), sided: false, activities: &["the walk round the block", "the car park, early, few cars"] },
    Objective { slug: "turns", need: AbaSchoolAge, label: "takes turns in a game", when: "In a board or ball game with one peer", does: "takes the turn and passes it on without an adult's prompt", plain: "Takes turns in a game with a friend", plain_es: "Respeta turnos en un juego con un amigo", shape: Shape::Share { n: 10, from: 0.25, to: 0.92 }, rule: up(80.0, 3), sided: false, activities: &["a memory game", "basketball in the yard", "a card game of the children's choice"] },
    Objective { slug: "break", need: AbaSchoolAge, label: "asks for a break", when: "When a task or the noise becomes too much", does: "asks for a break or for headphones by word or card", plain: "Says when it is too much", plain_es: "Avisa cuando es demasiado", shape: Shape::Share { n: 8, from: 0.18, to: 0.93 }, rule: up(80.0, 3), sided: false, activities: &["homework sheets", "a busy gym hour", "a fire-drill story"] },
    Objective { slug: "join", need: AbaSchoolAge, label: "joins peers at play", when: "When peers are already playing", does: "joins by a comment, a question or by bringing a toy", plain: "Finds a way to join other children", plain_es: "Encuentra cómo unirse a otros niños", shape: Shape::Share { n: 5, from: 0.2, to: 0.88 }, rule: up(80.0, 3), sided: false, activities: &["building corner", "recess at the after-school room"] },
    Objective { slug: "fidelity", need: AbaFamily, label: "caregiver carries out the routine", when: "At home, at the usual time, with the written routine", does: "the caregiver carries out the steps of the routine as agreed", plain: "You do the bedtime routine step by step", plain_es: "Usted sigue la rutina de dormir paso a paso", shape: Shape::Steps { of: 10, from: 0.42, to: 0.95 }, rule: up(9.0, 2), sided: false, activities: &["the bedtime routine acted out with dolls", "the bedtime routine, filmed at home"] },
];
