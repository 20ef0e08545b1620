//! The rule that keeps a practice governed.

use super::rejection::{Code, Rejection};

/// Refuses to take the role from a practice's last active admin: nobody could then give it to anyone.
pub fn keeps_an_admin(has_other_admin: bool) -> Result<(), Rejection> {
    if has_other_admin {
        return Ok(());
    }
    let message = "This is the practice's last admin. Make somebody else an admin first.";
    Err(Rejection::of_field(Code::LastAdmin, "input.memberId", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_admin_can_go_only_while_another_stays() {
        assert_eq!(keeps_an_admin(true), Ok(()));
        assert_eq!(keeps_an_admin(false).map_err(|rejection| rejection.code), Err(Code::LastAdmin));
    }
}
