//! What is written about: times first, then practice, behaviour, billing and praise; in English and in Spanish.

use crate::model::{Cast, Topic};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    Family,
    Team,
    Desk,
}

pub(super) struct Script {
    pub(super) topic: Topic,
    pub(super) cast: Option<Cast>,
    /// Written by the client, not the parent.
    pub(super) by_client: bool,
    pub(super) subject: (&'static str, &'static str),
    pub(super) lines: &'static [(Voice, &'static str, &'static str)],
}

use Voice::{Desk, Family, Team};

const fn script(
    topic: Topic,
    subject: (&'static str, &'static str),
    lines: &'static [(Voice, &'static str, &'static str)],
) -> Script {
    Script { topic, cast: None, by_client: false, subject, lines }
}

const fn of(cast: Cast, script: Script) -> Script {
    Script { cast: Some(cast), ..script }
}

#[rustfmt::skip]
pub(super) const SCRIPTS: [Script; 19] = [
    script(Topic::Schedule, ("Later start on one day", "Empezar más tarde un día"), &[
        (Family, "Hi, could {child} come 30 min later next week, just once? My shift changed", "Hola, ¿podría venir {child} 30 min más tarde la próxima semana, solo una vez? Me cambiaron el turno"),
        (Desk, "Yes, we have that time free. I changed it; you will see it in your calendar.", "Sí, tenemos libre esa hora. Ya la cambié; la verá en su calendario."),
        (Family, "thank you!!", "¡¡gracias!!")]),
    script(Topic::Schedule, ("Doctor's visit", "Cita con el doctor"), &[
        (Family, "{child} has a doctor's appointment on the morning of our visit. Can we make it up?", "{child} tiene cita con el doctor la mañana de la visita. ¿Se puede reponer?"),
        (Desk, "Thanks for telling us early. There is one free slot that Friday at 1:15. Shall I hold it?", "Gracias por avisar con tiempo. Hay un lugar ese viernes a la 1:15. ¿Se lo aparto?"),
        (Family, "yes please, hold it", "sí por favor, apártelo")]),
    script(Topic::Schedule, ("Who is coming on Thursday", "Quién viene el jueves"), &[
        (Family, "Grandma will bring {child} this week, ok? She doesn't use the app", "Esta semana lo trae la abuela, ¿está bien? Ella no usa la aplicación"),
        (Desk, "That is fine, she is on the pick-up list. Please remind her to ring at the side door.", "Está bien, ella está en la lista. Por favor recuérdele tocar en la puerta lateral.")]),
    script(Topic::Practice, ("How often is enough?", "¿Cuántas veces es suficiente?"), &[
        (Family, "We only manage three days a week. Is that worth anything?", "Solo podemos tres días a la semana. ¿Sirve de algo?"),
        (Team, "Three real days are worth more than seven on paper. Pick the easiest moment of the day and stay with it.", "Tres días de verdad valen más que siete en el papel. Elija el momento más fácil del día y manténgalo."),
        (Family, "ok that helps", "bueno, eso ayuda")]),
    script(Topic::Practice, ("{child} says it is boring", "{child} dice que es aburrido"), &[
        (Family, "{child} doesn't want to do the practice any more. Says it's boring", "{child} ya no quiere hacer la práctica. Dice que es aburrida"),
        (Team, "Fair enough! Let {child} choose the game, and stop after two minutes. We will pick something new together at the next visit.", "¡Tiene razón! Que {child} elija el juego, y paren a los dos minutos. En la próxima visita elegimos algo nuevo."),
        (Family, "We'll try. Two minutes we can do", "Probamos. Dos minutos sí podemos")]),
    script(Topic::Practice, ("Am I doing it right?", "¿Lo hago bien?"), &[
        (Family, "When I wait five seconds {child} walks away. Do I wait longer or help?", "Cuando espero cinco segundos {child} se va. ¿Espero más o ayudo?"),
        (Team, "Wait three, then give half of it: start the word or the movement and let {child} finish. We will go through it on our next visit.", "Espere tres y dé la mitad: empiece la palabra o el movimiento y que {child} termine. Lo vemos en la próxima visita.")]),
    script(Topic::Behaviour, ("Rough week", "Semana difícil"), &[
        (Family, "Rough week here. Not sleeping, up at 4. Anything we should change?", "Semana difícil. No duerme, se levanta a las 4. ¿Cambiamos algo?"),
        (Team, "Sorry to hear it. Leave the practice for this week, keep bedtime as it is. If it goes on longer than a week, please tell the pediatrician too.", "Lo siento. Deje la práctica esta semana y mantenga la hora de dormir. Si dura más de una semana, avise también al pediatra."),
        (Family, "Thanks. I feel less bad about skipping", "Gracias. Me siento menos mal por no hacerla")]),
    script(Topic::Behaviour, ("Haircut", "Corte de pelo"), &[
        (Family, "Haircut on Saturday. Last time was a disaster. Tips?", "Corte de pelo el sábado. La última vez fue un desastre. ¿Consejos?"),
        (Team, "Ask for the first slot, bring headphones, and agree on a stop sign that the barber respects. Half a haircut is fine.", "Pida el primer turno, lleve los audífonos y acuerden una señal de alto que el barbero respete. Medio corte está bien.")]),
    script(Topic::Billing, ("Bill I don't understand", "Una factura que no entiendo"), &[
        (Family, "We got a bill for a visit when {child} was ill and we cancelled", "Nos llegó una factura de una visita en que {child} tenía fiebre y cancelamos"),
        (Desk, "You are right, that visit was cancelled in time. I took the charge off and a corrected statement is on its way.", "Tiene razón, esa visita se canceló a tiempo. Quité el cargo y le mandamos un estado de cuenta corregido.")]),
    script(Topic::Billing, ("New insurance card", "Tarjeta nueva del seguro"), &[
        (Desk, "Could you send a photo of both sides of the new insurance card when you have a minute?", "¿Nos puede mandar una foto de los dos lados de la tarjeta nueva del seguro?"),
        (Family, "Will do tonight", "Esta noche la mando")]),
    script(Topic::Praise, ("Something nice", "Algo bonito"), &[
        (Family, "{child} did it at grandma's house, all by surprise!! Nobody asked", "¡¡{child} lo hizo en casa de la abuela, de sorpresa!! Nadie se lo pidió"),
        (Team, "That made our day. A new place and nobody asking: exactly what we hope for. I wrote it down.", "Nos alegró el día. En otro lugar y sin que nadie lo pida: justo lo que esperamos. Lo anoté.")]),
    of(Cast::A, script(Topic::Practice, ("The device at preschool", "El dispositivo en el preescolar"), &[
        (Family, "The teacher keeps the device in the drawer. What can I tell her?", "La maestra guarda el dispositivo en el cajón. ¿Qué le puedo decir?"),
        (Team, "The device is his voice, so it stays on him, like glasses. I can write one page for the teacher, if you agree that I send it.", "El dispositivo es su voz, así que se queda con él, como los lentes. Puedo escribir una hoja para la maestra, si usted está de acuerdo en que la mande."),
        (Family, "Yes, I agree. In English please, for her", "Sí, estoy de acuerdo. En inglés por favor, para ella"),
        (Team, "Done, it is in your papers. You decide when she gets it.", "Listo, está en sus documentos. Usted decide cuándo la recibe.")])),
    of(Cast::A, script(Topic::School, ("Interpreter for the meeting", "Intérprete para la reunión"), &[
        (Family, "Will somebody interpret at the plan meeting? On the phone I understand half", "¿Habrá intérprete en la reunión del plan? Por teléfono entiendo la mitad"),
        (Desk, "Yes, an interpreter will be in the room. You will get the plan in Spanish two days before.", "Sí, habrá intérprete en persona. Recibirá el plan en español dos días antes.")])),
    of(Cast::B, script(Topic::Medicine, ("Started the morning medicine", "Empezó la medicina de la mañana"), &[
        (Family, "He started the new medicine on Wednesday, 7 am. Both houses have the same box now. He ate less at lunch", "Empezó la medicina nueva el miércoles a las 7. Ahora las dos casas tienen la misma caja. Comió menos"),
        (Team, "Thank you for telling us. I drew a line in the graphs on that day. Please tell the pediatrician about lunch; we will note snacks.", "Gracias por avisar. Marqué ese día en las gráficas. Por favor avise al pediatra de la comida; anotaremos las meriendas.")])),
    of(Cast::C, script(Topic::School, ("Before the third birthday", "Antes de los tres años"), &[
        (Family, "The district wants to see her before her birthday. Do they get everything you have?", "El distrito quiere verla antes de su cumpleaños. ¿Reciben todo lo que ustedes tienen?"),
        (Team, "Only what you release. I would share the language scores and the goals, not the visit notes. You can see the list first.", "Solo lo que usted autorice. Yo compartiría los puntajes y las metas, no las notas. Puede ver la lista antes.")])),
    of(Cast::D, script(Topic::Practice, ("Red mark from the brace", "Marca roja por la férula"), &[
        (Family, "There's a red spot on her left heel after school, still there after bath", "Tiene una marca roja en el talón izquierdo después de la escuela"),
        (Team, "Please leave the left brace off today and send a photo. I called the orthotist; they can see her tomorrow.", "Hoy no use la férula izquierda y mande una foto. Llamé al ortopedista; la ven mañana."),
        (Family, "Photo sent. Thank you for the quick answer", "Foto enviada. Gracias por responder rápido")])),
    Script { by_client: true, ..of(Cast::E, script(Topic::Practice, ("Just for you", "Solo para usted"), &[
        (Family, "can we talk about school stuff next time without my mom in the room", "¿podemos hablar de la escuela sin mi mamá la próxima vez?"),
        (Team, "Yes. The first twenty minutes are yours. If I ever worry about your safety I have to tell someone, and I would tell you first.", "Sí. Los primeros veinte minutos son tuyos."),
        (Family, "ok cool", "ok")])) },
    of(Cast::E, script(Topic::School, ("Who decides when he is grown up", "Quién decide cuando sea mayor"), &[
        (Family, "He turns 18 in a few years. What changes for us in here?", "Cumple 18 en unos años. ¿Qué cambia para nosotros?"),
        (Team, "On that day the record becomes his, and he chooses what you see. Some parts are his already, such as the mood forms. We go through it with him each year.", "Ese día el registro pasa a ser de él y él elige qué ven ustedes.")])),
    of(Cast::F, script(Topic::Billing, ("Insurance said no", "El seguro dijo que no"), &[
        (Family, "Letter today: OT not necessary. He eats eleven foods!! What now?", "Carta de hoy: terapia no necesaria. ¡¡Come once alimentos!! ¿Y ahora?"),
        (Team, "We appeal. I have his graphs and the weight chart; the pediatrician writes a letter. Visits go on meanwhile.", "Apelamos. Tengo sus gráficas y el peso; el pediatra escribe una carta. Las visitas siguen."),
        (Family, "Ok. Tell me if you need anything from us", "Bueno. Avíseme si necesita algo"),
        (Team, "They took it back after the call. All visits are covered from the first day.", "Lo retiraron después de la llamada. Todo cubierto desde el primer día.")])),
];
