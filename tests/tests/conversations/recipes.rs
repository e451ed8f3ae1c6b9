//! Agents made at run time, and the pipelines that are there to be used.

use flujo::agent::{Agent, ModelAgent, make_agent};
use flujo::clock::Clock as _;
use flujo::model::{ModelError, ModelFailure, ModelReply, Role, Script, Tokens};
use flujo::prelude::*;
use flujo::recipes::{
    Candidate, Command, Goal, Plan, PlannerInput, Task, Team, Toolbox, agentic_loop, solve,
};
use flujo::{StepResult, Usage};
use flujo_tests::engines::AnyEngine;
use flujo_tests::pieces::look_up;
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::Arc;
use std::time::Duration;

fn engine_with<R: Send + Sync + 'static>(engine: &AnyEngine, resources: R, script: Script) -> Flujo<R> {
    let builder = Flujo::builder().resources(resources).models(script).prices(Prices);
    with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap()
}

fn said(text: &str) -> ModelReply {
    ModelReply::new(text).used(Tokens::new(100, 10))
}

struct Labeller(ModelAgent<String, Label>);

#[step]
async fn labels(text: String, labeller: &Labeller, run: &RunInfo) -> Result<Label> {
    labeller.0.answer(text, run).await
}

#[step]
async fn labels_two(text: String, labeller: &Labeller, run: &RunInfo) -> Result<String> {
    let (one, two) = tokio::join!(labeller.0.answer(text.clone(), run), labeller.0.answer(text, run));
    Ok(format!("{} {}", one?.name, two?.name))
}

pipeline! {
    fn labelling(text: String, labeller: &Labeller) -> Label {
        labels(text)
    }
}
pipeline! {
    fn labelling_two(text: String, labeller: &Labeller) -> String {
        labels_two(text)
    }
}

fn labeller() -> Labeller {
    let agent = make_agent("test:small").system("Label it.").temperature(0.5).top_p(0.9).max_tokens(50);
    Labeller(agent.timeout(Duration::from_secs(5)).retries(2).build())
}

#[test]
fn an_agent_made_at_run_time_answers_within_a_step() {
    on_all(async |engine, clock| {
        let script = Script::new()
            .then(ModelError::new(ModelFailure::RateLimited, "slow down").retry_after(Duration::from_secs(7)))
            .then(said("no JSON"))
            .then(said(r#"{"name":"calm"}"#));
        let flujo = engine_with(&engine, labeller(), script.clone());
        let start = clock.now();
        let result = flujo.run(labelling("x".into())).await;
        assert_eq!(clock.now().since(start), Duration::from_secs(7));
        let requests = script.requests();
        assert_eq!(requests.len(), 3);
        let first = &requests[0];
        assert_eq!((first.temperature, first.top_p, first.max_tokens), (Some(0.5), Some(0.9), Some(50)));
        assert_eq!((first.messages[0].role, first.messages[0].text.as_str()), (Role::System, "Label it."));
        assert_eq!((first.messages[1].text.as_str(), &first.path), ("x", &"labelling/labels".into()));
        assert!(requests[2].messages[2].text.starts_with("Your last answer was not accepted: "));
        // One attempt of the step, which pays for all three; the first said nothing of what it used.
        assert_eq!(result.step("labelling/labels").map(StepResult::attempts), Some(1));
        assert_eq!(result.usage, charge_of(first) + calls_of_the_model(2));
        assert_eq!(result.into_output().unwrap().name, "calm");
    });
}

#[test]
fn calls_of_agents_beside_each_other_are_all_paid_for() {
    on_all(async |engine, _| {
        let script = Script::new().otherwise(|_| said(r#"{"name":"calm"}"#));
        let flujo = engine_with(&engine, labeller(), script.clone());
        let result = flujo.run(labelling_two("x".into())).id("two").await;
        assert_eq!(result.usage, calls_of_the_model(2));
        assert_eq!(result.into_output().unwrap(), "calm calm");
        // A limit holds for what the steps of agents ask, too.
        let result =
            flujo.run(labelling_two("x".into())).id("one").limits(UsageLimits::NONE.model_calls(1)).await;
        assert_eq!((script.requests().len(), result.usage.model_calls), (3, 1));
        assert!(result.into_output().is_err());
    });
}

fn team() -> Team {
    let agent = || make_agent("test:small").max_tokens(50);
    Team::new(
        agent().system("review").build(),
        agent().system("solution").build(),
        agent().system("validator").build(),
    )
}

/// Solves the task at the variant and round that it is told, and never before.
fn solver(round: usize, variant: u32) -> Script {
    Script::new().otherwise(move |request| {
        let asked = &request.messages[1].text;
        match request.messages[0].text.as_str() {
            "review" => said(r#"{"items":[{"description":"short"},{"description":"true"}]}"#),
            "solution" => {
                let brief: serde_json::Value = serde_json::from_str(asked).unwrap();
                let n = brief["advice"].as_str().map_or(1, |advice| advice.matches('!').count() + 1);
                said(&format!("round {n} variant {}", brief["variant"]))
            }
            "reflection" => {
                let best: serde_json::Value = serde_json::from_str(asked).unwrap();
                let n = best["best"]["solution"].as_str().unwrap().chars().nth(6).unwrap();
                said(&"!".repeat(usize::try_from(n.to_digit(10).unwrap()).unwrap()))
            }
            _ => {
                let solved = asked.contains(&format!("round {round} variant {variant}"));
                said(&format!(
                    r#"{{"items":[{{"description":"short","passed":true}},{{"description":"true","passed":{solved},"feedback":"not yet"}}]}}"#
                ))
            }
        }
    })
}

#[test]
fn a_task_is_solved_in_rounds_of_variants() {
    on_all(async |engine, _| {
        let reflecting =
            team().reflecting(make_agent("test:small").system("reflection").max_tokens(50).build());
        let script = solver(2, 2);
        let flujo = engine_with(&engine, reflecting, script.clone());
        let result = flujo.run(solve(Task::new("Say it."), Plan::new(3, 5))).id("s").await;
        // Review; three variants and their validators; reflection; the same again, and nothing to reflect on.
        assert_eq!(script.requests().len(), 1 + 6 + 1 + 6);
        assert_eq!(result.usage, calls_of_the_model(14));
        assert!(result.step("solve/candidates#2[1]/variant/solution").is_some(), "{:?}", result.trace);
        let best = result.into_output().unwrap();
        assert_eq!((best.solution.as_str(), best.score), ("round 2 variant 2", 1.0));
        // Nobody is asked again.
        let again = flujo.run(solve(Task::new("Say it."), Plan::new(3, 5))).id("s").await;
        assert_eq!((again.into_output().unwrap(), script.requests().len()), (best, 14));
    });
}

#[test]
fn the_best_solution_is_given_when_the_rounds_are_used_up() {
    on_all(async |engine, _| {
        let script = solver(9, 9);
        let flujo = engine_with(&engine, team(), script.clone());
        let best = flujo.run(solve(Task::new("Say it."), Plan::new(1, 2))).await.into_output().unwrap();
        let Candidate { solution, checklist, score } = best;
        assert_eq!((solution.as_str(), score), ("round 1 variant 1", 0.5));
        assert_eq!(checklist.missing().count(), 1);
        // Without an agent that reflects, what is missing is told.
        let briefs: Vec<_> =
            script.requests().into_iter().filter(|r| r.messages[0].text == "solution").collect();
        assert_eq!(briefs.len(), 2);
        assert!(briefs[1].messages[1].text.contains(r#""advice":"true: not yet""#));
    });
}

#[test]
fn a_check_of_other_points_is_not_accepted() {
    on_all(async |engine, _| {
        let script = Script::new()
            .then(said(r#"{"items":[{"description":"short"}]}"#))
            .then(said("a"))
            .then(said(r#"{"items":[]}"#))
            .then(said(r#"{"items":[{"description":"short","passed":true}]}"#));
        let flujo = engine_with(&engine, team(), script.clone());
        let best = flujo.run(solve(Task::new("x"), Plan::default())).await.into_output().unwrap();
        assert!((best.score - 1.0).abs() < f64::EPSILON);
        assert_eq!(
            script.requests()[3].messages.last().unwrap().text,
            "Your last answer was not accepted: expected a check of 1 points, found 0"
        );
    });
}

fn desk() -> Toolbox {
    let agent = || make_agent("test:small").max_tokens(50);
    Toolbox::new(agent().system("plan").build()).agent(
        "clerk",
        "knows the files",
        agent().system("clerk").build(),
    )
}

#[test]
fn a_planner_runs_agents_asks_a_person_and_finishes() {
    on_all(async |engine, _| {
        let script = Script::new()
            .then(said(r#"{"consult":{"agent":"clerk","input":"Where is it?"}}"#))
            .then(said("In the cellar."))
            .then(said(r#"{"consult":{"agent":"nobody","input":"?"}}"#))
            .then(said(r#"{"ask":{"question":"May I?"}}"#))
            .then(said(r#"{"finish":{"answer":"Done."}}"#));
        let flujo = engine_with(&engine, desk(), script.clone());
        let paused = flujo.run(agentic_loop(Goal::new("Find it."))).id("a").await;
        let Outcome::Paused(questions) = &paused.outcome else { panic!("{:?}", paused.outcome) };
        assert_eq!((questions.len(), questions[0].message.as_str()), (1, "May I?"));
        let result = flujo.resume::<agentic_loop>("a").reply("yes").await.unwrap();
        assert_eq!((script.requests().len(), result.usage), (5, calls_of_the_model(5)));
        let last: PlannerInput = result.into_output().unwrap();
        assert_eq!(last.answer(), Some("Done."));
        let told: Vec<_> = last.command_log.iter().map(|done| done.result.as_str()).collect();
        assert_eq!(
            told,
            ["In the cellar.", "failed: unknown agent `nobody`; known agents: `clerk`", "yes", "Done."]
        );
        assert_eq!(last.command_log[2].command, Command::Ask { question: "May I?".into() });
    });
}

#[test]
fn a_planner_runs_steps_by_name() {
    on_all(async |engine, _| {
        let calls = Arc::new(Calls::default());
        let script = Script::new()
            .then(said(r#"{"run":{"tool":"look_up","arguments":"{\"word\":\"later\"}"}}"#))
            .then(said(r#"{"run":{"tool":"look_up","arguments":"{\"word\":\"nothing\"}"}}"#))
            .then(said(r#"{"run":{"tool":"look_up","arguments":"{\"name\":\"x\"}"}}"#))
            .then(said(r#"{"run":{"tool":"look_down","arguments":"{}"}}"#))
            .then(said(r#"{"run":{"tool":"label","arguments":"{\"text\":\"x\"}"}}"#))
            .then(said(r#"{"name":"calm"}"#))
            .then(said(r#"{"finish":{"answer":"Done."}}"#));
        let desk = Toolbox::new(make_agent("test:small").system("plan").max_tokens(50).build());
        let desk = desk.tool::<look_up, _>(&calls).tool::<label, _>(&Arc::new(()));
        let flujo = engine_with(&engine, desk, script.clone());
        let result = flujo.run(agentic_loop(Goal::new("Find it."))).id("a").await;
        // What the planner is told of a step is its name, its doc comment and its inputs.
        let told: serde_json::Value = serde_json::from_str(&script.requests()[0].messages[1].text).unwrap();
        let look_up = &told["tools"]["look_up"];
        assert_eq!(look_up["purpose"], "Looks a word up.");
        assert_eq!(look_up["arguments"]["required"], serde_json::json!(["word"]));
        // A step that is run is a node with attempts of its own, and so is a model step.
        let attempts = |path: &str| result.step(path).map(StepResult::attempts);
        assert_eq!(attempts("agentic_loop/run_tool!look_up#1"), Some(2));
        assert_eq!(attempts("agentic_loop/run_tool!look_up#2"), Some(1));
        assert_eq!(attempts("agentic_loop/run_tool!label#5"), Some(1));
        assert_eq!(calls.len(), 3);
        assert_eq!((script.requests().len(), result.usage), (7, calls_of_the_model(7)));
        let last = result.into_output().unwrap();
        let told: Vec<_> = last.command_log.iter().map(|done| done.result.as_str()).collect();
        let expected = [
            "later is a word",
            "failed: there is no such word",
            "the arguments do not fit: unknown argument `name`",
            "unknown step `look_down`; known steps: `label`, `look_up`",
            r#"{"name":"calm"}"#,
            "Done.",
        ];
        assert_eq!(told, expected);
        // Nothing runs again.
        let again = flujo.run(agentic_loop(Goal::new("Find it."))).id("a").await;
        assert_eq!((again.into_output().unwrap(), calls.len()), (last, 3));
    });
}

#[test]
fn an_agent_asks_the_model_of_its_role_where_there_is_one() {
    let asked = |builder: flujo::run::Builder<()>| {
        let script = Script::new().then(said(r#"{"name":"calm"}"#));
        let labeller = Labeller(make_agent("test:small").role("review").max_tokens(50).build());
        let flujo = builder.resources(labeller).models(script.clone()).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(flujo.run(labelling("x".into())).into_future()).into_output().unwrap();
        script.requests()[0].model.clone()
    };
    assert_eq!(asked(Flujo::builder()), "test:small");
    assert_eq!(asked(Flujo::builder().role("solution", "test:other")), "test:small");
    assert_eq!(asked(Flujo::builder().role("review", "test:large")), "test:large");
}

#[test]
fn a_planner_without_end_fails() {
    on_all(async |engine, _| {
        let script = Script::new().otherwise(|request| {
            said(match request.messages[0].text.as_str() {
                "plan" => r#"{"consult":{"agent":"clerk","input":"?"}}"#,
                _ => "Hm.",
            })
        });
        let flujo = engine_with(&engine, desk(), script.clone());
        let goal = Goal { max_commands: 3, ..Goal::new("x") };
        let result = flujo.run(agentic_loop(goal)).await;
        assert_eq!((script.requests().len(), result.usage), (6, calls_of_the_model(6)));
        assert_ne!(result.usage, Usage::default());
        assert!(result.into_output().unwrap_err().to_string().contains("3 rounds"));
    });
}
