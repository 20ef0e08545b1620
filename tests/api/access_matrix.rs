//! The access matrix: every field of the printed schema, by every kind of caller, asked for real and held against what the
//! schema prints of it. It is made from the schema, so that a field cannot be forgotten: one that no way leads to fails.

mod acts;
mod door;
mod judge;
mod paths;
pub mod printed;
mod scene;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use frontdesk::auth::{policy, policy_page};
use frontdesk::store::{CopyProgress, DatabaseUrl, Sum, copy};

use crate::support::{TestPractice, assert_nothing_leaks, text};
use judge::{Outcome, agree, expected, outcome, steps};
use paths::Path;
use printed::Printed;
use scene::{Caller, Scene};

/// What no mutation can fill: null or an empty list for whoever asks. One that can be filled has no place here. `unknown`
/// tells of entries that an older version wrote.
const EMPTY: &[(&str, &str)] = &[("AppointmentRequest", "reschedules"), ("SettingsSnapshot", "unknown")];

/// What has been asked, and found.
struct Matrix {
    printed: Printed,
    /// Each field with each caller.
    asked: BTreeSet<(String, String, &'static str)>,
    /// Each field that was answered with something.
    answered: BTreeSet<(String, String)>,
    wrong: Vec<String>,
}

impl Matrix {
    /// Asks for all fields that a way leads to.
    async fn ask(&mut self, scene: &Scene, caller: &Caller, path: &Path) {
        let document = paths::document(&self.printed, scene, path, caller);
        let answer = door::answer(scene, caller, path, &document).await;
        assert_nothing_leaks(&answer.to_string());
        if !["client", "clinician", "admin"].contains(&caller.name) {
            let told = scene.secrets().into_iter().find(|id| answer.to_string().contains(*id));
            assert_eq!(told, None, "{} reads what is between Dana and Casey: {document} {answer}", caller.name);
        }
        for field in paths::selection(&self.printed, path) {
            let one = Path { only: Some(field.clone()), ..path.clone() };
            let way = steps(&self.printed, &paths::document(&self.printed, scene, &one, caller));
            let (said, found) = (expected(&self.printed, path, &way, caller), outcome(&answer, &way));
            if !agree(&said, &found) {
                self.wrong.push(format!(
                    "{}: {}.{field} is {found:?}, and the policy says {said:?}\n    {document}\n    {answer}",
                    caller.name, path.of
                ));
            }
            if found == (Outcome::Allowed { with_data: true }) {
                self.answered.extend(way.iter().cloned());
            }
            if let [(of, name), ..] = &way[..]
                && of == "Mutation"
            {
                self.asked.insert((of.clone(), name.clone(), caller.name));
            }
            self.asked.insert((path.of.clone(), field, caller.name));
        }
    }

    /// Whether the policy lets a caller go a way to its end.
    fn is_allowed(&self, scene: &Scene, caller: &Caller, path: &Path) -> bool {
        let field = paths::selection(&self.printed, path).into_iter().next();
        let one = Path { only: field, ..path.clone() };
        let way = steps(&self.printed, &paths::document(&self.printed, scene, &one, caller));
        matches!(expected(&self.printed, path, &way, caller), Outcome::Allowed { .. })
    }

    /// Fails where anything came otherwise than the policy says.
    fn hold(&self) {
        let shown = self.wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
        assert!(self.wrong.is_empty(), "{} of {} came otherwise:\n{shown}", self.wrong.len(), self.asked.len());
    }

    /// Fails where a field was not asked by everybody, or was answered to nobody.
    fn hold_whole(&self, callers: &[Caller]) {
        let mut missing = Vec::new();
        for (of, fields) in &self.printed.objects {
            for field in fields.keys() {
                let by = |caller: &&Caller| self.asked.contains(&(of.clone(), field.clone(), caller.name));
                if !callers.iter().all(|caller| by(&caller)) {
                    missing.push(format!("{of}.{field} is reached by no way: give one in access_matrix/paths.rs"));
                } else if self.answered.contains(&(of.clone(), field.clone())) == EMPTY.contains(&(of, field)) {
                    missing.push(format!("{of}.{field} is answered to nobody, or to somebody in spite of `EMPTY`"));
                }
            }
        }
        assert_eq!(missing, Vec::<String>::new());
    }
}

/// The sum of every table of the database, which is the same where nothing was written.
pub async fn sums(practice: &TestPractice) -> BTreeMap<String, Sum> {
    let folder = tempfile::tempdir().expect("a folder");
    let to = DatabaseUrl::parse(&format!("sqlite://{}/copy.db", folder.path().display())).expect("an address");
    let mut sums = BTreeMap::new();
    let mut tell = |progress| {
        if let CopyProgress::Checked { table, sum } = progress {
            sums.insert(table.to_owned(), sum);
        }
    };
    copy(practice.database_url(), &to, &mut tell).await.expect("it is copied");
    // It is written a moment after each look, and is no change of the practice.
    sums.remove("client_reads");
    assert!(sums.len() > 10, "only {} tables were read", sums.len());
    sums
}

async fn every_field_is_answered_or_denied_to_every_caller_as_the_printed_policy_says() {
    let scene = Scene::set().await;
    let callers = scene.callers().await;
    scene.practice.desk.save_reads().await.expect("it is saved");
    let (asked, answered) = (BTreeSet::new(), BTreeSet::new());
    let mut matrix = Matrix { printed: Printed::read(), asked, answered, wrong: vec![] };
    for path in paths::while_locked(&scene) {
        for caller in &callers {
            matrix.ask(&scene, caller, &path).await;
        }
    }
    scene.lock(false).await;
    for path in [paths::roots(&matrix.printed), paths::all(&scene)].concat() {
        for caller in &callers {
            matrix.ask(&scene, caller, &path).await;
        }
    }
    let acts = acts::all(&scene);
    let named: BTreeSet<_> = acts.iter().map(|act| act.name.to_owned()).collect();
    let printed: BTreeSet<_> = matrix.printed.objects["Mutation"].keys().cloned().collect();
    assert_eq!(named, printed, "every mutation is tried: give its inputs in access_matrix/acts.rs");
    let before = sums(&scene.practice).await;
    for act in &acts {
        for path in act.paths(&matrix.printed, true) {
            for caller in &callers {
                if !matrix.is_allowed(&scene, caller, &path) {
                    matrix.ask(&scene, caller, &path).await;
                }
            }
        }
    }
    assert_eq!(sums(&scene.practice).await, before, "a denied mutation changed something");
    matrix.hold();
    for act in &acts {
        for path in act.paths(&matrix.printed, false) {
            for caller in &callers {
                if matrix.is_allowed(&scene, caller, &path) {
                    matrix.ask(&scene, caller, &path).await;
                }
            }
        }
    }
    matrix.hold();
    matrix.hold_whole(&callers);
    assert_ne!(sums(&scene.practice).await, before, "what is allowed does change something");
}

async fn introspection_says_of_every_field_what_the_printed_schema_says() {
    let practice = TestPractice::begin().await;
    let query = "query($name: String!) { __type(name: $name) { fields { name description } } }";
    let printed = Printed::read();
    for (of, fields) in &printed.objects {
        let told = practice.admin.run(query, json!({ "name": of })).await["__type"]["fields"].take();
        let told: BTreeMap<_, _> = told
            .as_array()
            .expect("fields")
            .iter()
            .map(|field| (text(&field["name"]), text(&field["description"])))
            .collect();
        let said: BTreeMap<_, _> =
            fields.iter().map(|(name, field)| (name.clone(), field.description.clone())).collect();
        assert_eq!(told, said, "{of}");
        for (name, description) in said {
            let grants = policy::grants_for(of, &name).expect("a rule");
            let sentence = policy_page::sentence(grants);
            assert!(description.ends_with(&sentence), "{of}.{name}: {description}");
            let same: Vec<_> = grants.iter().map(|grant| (grant.role, grant.within)).collect();
            assert_eq!(fields[&name].grants, same, "{of}.{name}: @auth says what the table says");
        }
    }
    let directives =
        "{ __schema { directives { name args { name type { ofType { ofType { ofType { name } } } } } } } }";
    let told = practice.admin.run(directives, json!({})).await["__schema"]["directives"].take();
    let auth = told.as_array().into_iter().flatten().find(|one| one["name"] == "auth").expect("@auth is told");
    let of = |at: usize| auth["args"][at]["type"]["ofType"]["ofType"]["ofType"]["name"].clone();
    assert_eq!((of(0), of(1)), (json!("Role"), json!("Within")));
}

crate::support::tests!(
    every_field_is_answered_or_denied_to_every_caller_as_the_printed_policy_says,
    introspection_says_of_every_field_what_the_printed_schema_says,
);
