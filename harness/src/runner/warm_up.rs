//! The warm-up of a case (SCENARIOS §3), before its first step: messages to the domains whose policies the subject is to
//! have met, until it does nothing more.

use super::case::{Failure, Play};

/// The capability of a subject that never sends before the first fetch of a policy has ended, and needs none.
const AT_ONCE: &str = "sts-at-once";

impl Play<'_> {
    /// What happens here belongs to step 0.
    pub(super) async fn warm_up(&mut self) -> Result<(), Failure> {
        let messages = self.planned.warm_up();
        if messages.is_empty() || self.player.subject.capabilities().contains(AT_ONCE) {
            return Ok(());
        }
        self.recorder.begin_step(0);
        self.world.warm_up().await?;
        {
            let _still = self.clock.stand_still();
            let home = self.home();
            let hand_over = self.hand_over_now(&home);
            for message in messages {
                for mail in self.planned.mail().copies_of(&message.name) {
                    hand_over.inject(message, mail).await?;
                }
            }
        }
        self.subject.settle_warm_up().await?;
        self.world.end_warm_up().await?;
        Ok(())
    }
}
