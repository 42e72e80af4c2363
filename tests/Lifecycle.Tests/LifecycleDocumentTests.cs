using JobSystem.JobApi.Lifecycle;
using JobSystem.JobApi.Storage;
using JobSystem.Support;

namespace JobSystem.Lifecycle.Tests;

public sealed class LifecycleDocumentTests
{
    const string Begin = "```mermaid\n";

    [Fact]
    public void Document_Diagram_IsTheMachines()
    {
        var file = Path.Combine(Repository.Root, "docs", "lifecycle.md");
        var text = File.ReadAllText(file);
        var begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = text.IndexOf("```", begin, StringComparison.Ordinal);
        var drawn = LifecycleDiagram.Draw();
        if (Environment.GetEnvironmentVariable("JOBSYSTEM_APPROVE") == "1")
        {
            File.WriteAllText(file, text[..begin] + drawn + text[end..]);
            return;
        }
        Assert.True(text[begin..end] == drawn, $"docs/lifecycle.md is stale; run this test with JOBSYSTEM_APPROVE=1. The machine now is:\n{drawn}");
    }

    [Fact]
    public void Machine_EveryState_AcceptsEveryEvent()
    {
        var machine = new JobLifecycle();
        var ours = machine.States.Where(x => x.Name is not ("Initial" or "Final")).ToList();
        Assert.Equal(Contracts.JobStatus.All.Order(), ours.Select(x => x.Name).Order());
        foreach (var state in ours)
        {
            var accepted = machine.NextEvents(state).Select(x => x.Name).ToHashSet();
            Assert.All(machine.Events, x => Assert.True(accepted.Contains(x.Name), $"{state.Name} does not accept {x.Name}"));
        }
    }
}
