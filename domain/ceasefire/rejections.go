package ceasefire

import "truceledger/domain"

// The refusals of a ceasefire. R-numbers are those of the rules in domain/doc.go.
const (
	ErrExcluded         domain.Rejection = "excluded: an actor that the ceasefire or one above it excludes cannot take part in it"                           // R2
	ErrNoStanding       domain.Rejection = "no-standing: only a party, a guarantor or another actor with the role that the act needs can do this"            // R2, R7
	ErrNotCurrent       domain.Rejection = "not-current: consent can only be given to the current version of the terms"                                      // R3
	ErrAlreadyConsented domain.Rejection = "already-consented: this actor has agreed to this version of the terms already"                                   // R3
	ErrNotProposed      domain.Rejection = "not-proposed: at that moment the ceasefire was not proposed yet"                                                 // R4
	ErrNotAgreed        domain.Rejection = "not-agreed: not everybody whose consent is needed has agreed yet"                                                // R4
	ErrAlreadyAgreed    domain.Rejection = "already-agreed: the ceasefire is agreed; its terms change by extending, widening, narrowing or a successor only" // R3
	ErrAlreadyInForce   domain.Rejection = "already-in-force: its entry into force is on the record already; correct that entry if it is wrong"              // R4
	ErrNoStart          domain.Rejection = "no-start: the ceasefire has no start yet; enter it into force first"                                             // R6
	ErrOpenEnded        domain.Rejection = "open-ended: a ceasefire without an end cannot be extended"                                                       // R6
	ErrNotLater         domain.Rejection = "not-later: an extension must end later than the term does now; terminate it to end it sooner"                    // R5
	ErrLapsed           domain.Rejection = "lapsed: the term had run out; propose a successor that names this one as its predecessor"                        // R6
	ErrRejected         domain.Rejection = "rejected: the proposal was rejected; propose another"                                                            // R9
	ErrWithdrawn        domain.Rejection = "withdrawn: the proposal was withdrawn; propose another"                                                          // R9
	ErrThwarted         domain.Rejection = "thwarted: the ceasefire was thwarted before it entered into force; propose another"                              // R4, R9
	ErrTerminated       domain.Rejection = "terminated: the ceasefire is terminated; propose a successor"                                                    // R9
	ErrCollapsed        domain.Rejection = "collapsed: the ceasefire is declared collapsed; propose a successor"                                             // R9
	ErrSuperseded       domain.Rejection = "superseded: a successor has taken its place; act on that one"                                                    // R9
	ErrWasInForce       domain.Rejection = "was-in-force: an act on the record says that it was in force, so it cannot have been thwarted"                   // R4
	ErrNotInForce       domain.Rejection = "not-in-force: only a ceasefire in force can be suspended"                                                        // R6
	ErrAlreadySuspended domain.Rejection = "already-suspended: the ceasefire is suspended already"                                                           // R6
	ErrNotSuspended     domain.Rejection = "not-suspended: only a suspended ceasefire can be resumed"                                                        // R6
	ErrRetroactive      domain.Rejection = "retroactive: an act cannot take effect before it was done"                                                       // R14
	ErrTooLate          domain.Rejection = "too-late-to-accede: the deadline for acceding has passed; a guarantor can waive it"                              // R8
	ErrNotAGuarantor    domain.Rejection = "not-a-guarantor: only a guarantor of the ceasefire can waive the deadline"                                       // R8
	ErrAlreadyParty     domain.Rejection = "already-party: this actor is a party already"                                                                    // R8
	ErrHasRole          domain.Rejection = "has-role: this actor has this role already"                                                                      // R2
	ErrNotProposer      domain.Rejection = "not-the-proposer: only who proposed it can take the proposal back"                                               // R7
	ErrNotConsented     domain.Rejection = "not-consented: there is no consent of this actor that could be taken back"                                       // R3
	ErrAlreadyLeaving   domain.Rejection = "already-leaving: this actor's withdrawal is on the record already"                                               // R9
	ErrNotInArea        domain.Rejection = "not-in-area: a place can only be taken out of the area that it lies in"                                          // R16
	ErrAreaEmpty        domain.Rejection = "area-empty: a ceasefire must cover some place; terminate it instead"                                             // R16
	ErrOutsideParent    domain.Rejection = "outside-parent: the area must lie inside that of the ceasefire above it"                                         // R16
	ErrParentCycle      domain.Rejection = "parent-cycle: a ceasefire cannot stand under itself"                                                             // R16
	ErrSelfSuccession   domain.Rejection = "succeeds-itself: a ceasefire cannot succeed itself"                                                              // R16
	ErrObligationExists domain.Rejection = "obligation-exists: an obligation with this id is on the record already"                                          // R1
	ErrNoObligation     domain.Rejection = "no-obligation: the ceasefire has no obligation with this id"                                                     // R1
)

// closedBy are the refusals of what a closed ceasefire no longer takes.
var closedBy = map[Status]domain.Rejection{
	Rejected: ErrRejected, Withdrawn: ErrWithdrawn, Thwarted: ErrThwarted, Lapsed: ErrLapsed,
	Terminated: ErrTerminated, Collapsed: ErrCollapsed, Superseded: ErrSuperseded,
}
