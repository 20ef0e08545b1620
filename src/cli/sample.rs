//! The sample practice: 18 clinicians, 400 clients in care, three services, everything off. Made by the use cases that
//! the API calls.

use std::collections::BTreeMap;

use super::Failure;
use crate::domain::hours::Modality;
use crate::domain::ids::{ClientId, ClinicianId};
use crate::domain::settings::Confirmation;
use crate::domain::viewer::Viewer;
use crate::usecases::{Change, Denied, Desk, NewClient, NewClinician, NewPractice, NewService, Refusal, StartOfCare};

/// The sample practice's admin.
pub const ADMIN: &str = "admin@demo.test";
/// A clinician of it.
pub const CLINICIAN: &str = "dana@demo.test";
/// A client of that clinician.
pub const CLIENT: &str = "casey@demo.test";

const CLIENTS: usize = 400;

/// Clinicians by name and letters; the first is the story's.
const CLINICIANS: [(&str, &str); 18] = [
    ("Dana Whitfield", "LCSW"),
    ("Marcus Bell", "PhD"),
    ("Priya Raman", "PsyD"),
    ("Elena Vasquez", "LMFT"),
    ("Tom Okafor", "LPC"),
    ("Hannah Lindqvist", "LCSW"),
    ("Samuel Ortiz", "PhD"),
    ("Mei Tanaka", "LMFT"),
    ("Ruth Abernathy", "LPC"),
    ("Omar Haddad", "PsyD"),
    ("Claire Dubois", "LCSW"),
    ("Victor Petrov", "LPC"),
    ("Nadia Rahimi", "LMFT"),
    ("Grace Mbeki", "PhD"),
    ("Liam Gallagher-Reyes", "LPC"),
    ("Ingrid Solberg", "LCSW"),
    ("Andre Baptiste", "LMFT"),
    ("Yuki Sorensen", "PsyD"),
];

const SERVICES: [(&str, i32, Modality); 3] = [
    ("Therapy session", 50, Modality::InPerson),
    ("Video session", 50, Modality::Telehealth),
    ("First consultation", 80, Modality::InPerson),
];

/// The clients whom the story names, with the clinician's place in the list above.
const STORY_CLIENTS: [(&str, &str, usize); 3] =
    [("Casey Morgan", CLIENT, 0), ("Jordan Avery", "jordan@demo.test", 0), ("Robin Castle", "robin@demo.test", 1)];

const FIRST_NAMES: [&str; 20] = [
    "Alex", "Bailey", "Cameron", "Drew", "Emerson", "Finley", "Harper", "Jamie", "Kai", "Logan", "Micah", "Noel",
    "Oakley", "Parker", "Quinn", "Reese", "Sage", "Taylor", "Umi", "Wren",
];
const LAST_NAMES: [&str; 20] = [
    "Adler", "Brooks", "Chen", "Delgado", "Evans", "Fischer", "Garcia", "Hughes", "Ibrahim", "Jensen", "Kowalski",
    "Lopez", "Murphy", "Novak", "Osei", "Patel", "Rossi", "Schmidt", "Turner", "Yilmaz",
];

/// Makes the practice; tells how far it is.
pub async fn create(desk: &Desk, tell: impl Fn(&str)) -> Result<(), Failure> {
    tell("Making the sample practice: 18 clinicians, 400 clients, 3 services …");
    let new = NewPractice {
        name: "Riverbend Counseling".to_owned(),
        time_zone: "America/New_York".to_owned(),
        admin_name: "Avery Admin".to_owned(),
        admin_email: ADMIN.to_owned(),
    };
    let (practice, member) = desk.create_practice(new).await?;
    let admin = desk.viewer(practice, member).await?;
    let admin = admin.ok_or(Refusal::Denied(Denied::NotFound("member")))?;
    for (name, duration_minutes, modality) in SERVICES {
        let confirmation = Confirmation::ClinicianConfirms;
        let name = name.to_owned();
        desk.create_service(
            &admin,
            NewService { name, duration_minutes, modality, confirmation, idempotency_key: None },
        )
        .await?;
    }
    let clinicians = add_clinicians(desk, &admin).await?;
    for number in 0..CLIENTS {
        let (name, email, of) = client(number);
        let new = NewClient { display_name: name, email: Some(email), idempotency_key: None };
        let id = desk.add_client(&admin, new).await?;
        start_care(desk, &admin, clinicians[&of], id).await?;
        if (number + 1) % 100 == 0 {
            tell(&format!("  {} of {CLIENTS} clients", number + 1));
        }
    }
    Ok(())
}

async fn add_clinicians(desk: &Desk, admin: &Viewer) -> Result<BTreeMap<usize, ClinicianId>, Failure> {
    let mut ids = BTreeMap::new();
    for (index, (name, credentials)) in CLINICIANS.into_iter().enumerate() {
        let first = name.split(' ').next().unwrap_or_default().to_lowercase();
        let new = NewClinician {
            display_name: name.to_owned(),
            email: format!("{first}@demo.test"),
            credentials: Some(credentials.to_owned()),
            time_zone: None,
            idempotency_key: None,
        };
        ids.insert(index, desk.add_clinician(admin, new).await?.1);
    }
    Ok(ids)
}

/// A client's name, address and clinician: the story's first, then every pair of a first and a last name in turn.
fn client(number: usize) -> (String, String, usize) {
    if let Some((name, email, of)) = STORY_CLIENTS.get(number) {
        return ((*name).to_owned(), (*email).to_owned(), *of);
    }
    let first = FIRST_NAMES[number % FIRST_NAMES.len()];
    let last = LAST_NAMES[(number / FIRST_NAMES.len() + number) % LAST_NAMES.len()];
    (format!("{first} {last}"), format!("client{number:03}@demo.test"), number % CLINICIANS.len())
}

async fn start_care(
    desk: &Desk,
    admin: &Viewer,
    clinician_id: ClinicianId,
    client_id: ClientId,
) -> Result<(), Failure> {
    let start = StartOfCare { clinician_id, client_id, starts_on: None, idempotency_key: None };
    desk.start_care(admin, start, &Change::default()).await?;
    Ok(())
}
