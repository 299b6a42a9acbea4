//! Made-up names: given names of the region, family names that say "demo" when read twice.

pub(crate) const GIRLS: [&str; 24] = [
    "Ava", "Lucía", "Maya", "Noor", "Ellie", "Hazel", "Ivy", "Zoe", "Camila", "June", "Ruby", "Nora", "Linh",
    "Freya", "Talia", "Wren", "Inés", "Gia", "Amira", "Piper", "Rosie", "Esme", "Kiara", "Bea",
];
pub(crate) const BOYS: [&str; 30] = [
    "Leo", "Owen", "Mateo", "Eli", "Jonah", "Theo", "Milo", "Rafael", "Caleb", "Silas", "Omar", "Finn",
    "Diego", "Arlo", "Hugo", "Nico", "Tariq", "Beau", "Desmond", "Ezra", "Minh", "Abel", "Jude", "Kofi",
    "Otis", "Ray", "Samir", "Wes", "Andrés", "Cyrus",
];
pub(crate) const WOMEN: [&str; 30] = [
    "Rosa", "Dana", "Priya", "Carmen", "Helen", "Joy", "Tamika", "Mei", "Leila", "Bridget", "Sonia", "Nadia",
    "Paula", "Gwen", "Yolanda", "Ruth", "Anita", "Kelsey", "Marisol", "Tess", "Aisha", "Lorraine", "Erin",
    "Vera", "Thuy", "Colleen", "Imani", "Frida", "Jill", "Noreen",
];
pub(crate) const MEN: [&str; 20] = [
    "Luis", "Marcus", "Walter", "Hector", "Sam", "Victor", "Andre", "Peter", "Jun", "Ramón", "Dale",
    "Khalid", "Tuan", "Greg", "Neil", "Isaac", "Bruce", "Emil", "Curtis", "Joel",
];
pub(crate) const FAMILIES: [&str; 36] = [
    "Sampleton",
    "Demowitz",
    "Mockingham",
    "Fauxley",
    "Pretendi",
    "Notareal",
    "Examplar",
    "Trialby",
    "Draftsworth",
    "Fictaro",
    "Madeupson",
    "Synthwell",
    "Imaginetti",
    "Protoson",
    "Placeholt",
    "Mustermann-Demo",
    "Specimenko",
    "Fabulari",
    "Testerbury",
    "Dummiston",
    "Inventrix",
    "Seedlington",
    "Makebeliev",
    "Rehearsall",
    "Practisson",
    "Quasimore",
    "Simulacre",
    "Sandboxer",
    "Mockridge",
    "Storyfield",
    "Pseudley",
    "Fablewright",
    "Hypothesson",
    "Instancey",
    "Specwell",
    "Demarkson-Demo",
];
pub(crate) const SPANISH_FAMILIES: [&str; 5] =
    ["Ejemplo Muestra", "Ficticia Prueba", "Inventado Ensayo", "Supuesto Modelo", "Muestrario Demo"];
pub(crate) const STAFF: [&str; 40] = [
    "Mockwell",
    "Fixtura",
    "Sandström-Demo",
    "Testaverde-Demo",
    "Seedman-Demo",
    "Sampleby",
    "Protofield",
    "Drafton-Demo",
    "Exempla",
    "Fauxworth",
    "Synthia-Demo",
    "Demoray",
    "Figmento",
    "Trialwood",
    "Placeholm",
    "Modelski",
    "Fabricio-Demo",
    "Simulane",
    "Notional",
    "Rehearsal",
    "Pretendorf",
    "Dummond-Demo",
    "Inventa",
    "Mockaby",
    "Testerhaus",
    "Stubfield",
    "Exhibita",
    "Specimendez",
    "Parallelo",
    "Imagini",
    "Quasidor",
    "Formlett",
    "Outlinski",
    "Sketchley",
    "Dryrun",
    "Scaffolder",
    "Shadowell",
    "Beispiel",
    "Esempio",
    "Voorbeeld",
];

/// Letters that an e-mail address can carry.
pub(crate) fn plain(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .filter_map(|letter| match letter {
            'á' => Some('a'),
            'é' => Some('e'),
            'í' => Some('i'),
            'ó' => Some('o'),
            'ú' => Some('u'),
            'ñ' => Some('n'),
            'ö' => Some('o'),
            ' ' => Some('-'),
            other => (other.is_ascii_alphanumeric() || other == '-').then_some(other),
        })
        .collect()
}
