using System.Text;
using JobSystem.Contracts;
using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using MassTransit;
using MassTransit.SagaStateMachine;

namespace JobSystem.Lifecycle.Tests;

/// <summary>Walks the machine as it is, not as somebody remembers it, and notes which event leads from which state to which.</summary>
sealed class LifecycleDiagram : StateMachineVisitor
{
    readonly HashSet<(string From, string To, string Event)> transitions = [];
    string state = "", @event = "";

    public static string Draw()
    {
        var diagram = new LifecycleDiagram();
        new JobLifecycle().Accept(diagram);
        // The one way that the machine does not have: see IJobStore.Claim
        diagram.transitions.Add((JobStatus.Pending, JobStatus.Reserved, "claimed"));
        var order = JobStatus.All.ToList();
        var text = new StringBuilder("stateDiagram-v2\n    [*] --> pending : submitted\n");
        foreach (var pair in diagram.transitions.GroupBy(x => (x.From, x.To)).OrderBy(x => order.IndexOf(x.Key.From)).ThenBy(x => order.IndexOf(x.Key.To)))
        {
            text.Append($"    {pair.Key.From} --> {pair.Key.To} : {string.Join(", ", pair.Select(x => x.Event).Order(StringComparer.Ordinal))}\n");
        }
        foreach (var final in JobStatus.Final)
        {
            text.Append($"    {final} --> [*]\n");
        }
        return text.ToString();
    }

    public void Visit(State visited, Action<State> next)
    {
        state = visited.Name;
        next(visited);
    }

    public void Visit(Event visited, Action<Event> next)
    {
        @event = visited.Name;
        next(visited);
    }

    public void Visit<TMessage>(Event<TMessage> visited, Action<Event<TMessage>> next) where TMessage : class
    {
        @event = visited.Name;
        next(visited);
    }

    public void Visit(IStateMachineActivity activity) => Note(activity);

    public void Visit(IStateMachineActivity activity, Action<IStateMachineActivity> next)
    {
        Note(activity);
        next(activity);
    }

    public void Visit<T>(IBehavior<T> behavior) where T : class, SagaStateMachineInstance
    {
    }

    public void Visit<T>(IBehavior<T> behavior, Action<IBehavior<T>> next) where T : class, SagaStateMachineInstance => next(behavior);

    public void Visit<T, TMessage>(IBehavior<T, TMessage> behavior) where T : class, SagaStateMachineInstance where TMessage : class
    {
    }

    public void Visit<T, TMessage>(IBehavior<T, TMessage> behavior, Action<IBehavior<T, TMessage>> next)
        where T : class, SagaStateMachineInstance where TMessage : class => next(behavior);

    void Note(IStateMachineActivity activity)
    {
        if (activity is TransitionActivity<JobState> transition)
        {
            transitions.Add((state, transition.ToState.Name, @event));
        }
    }
}
