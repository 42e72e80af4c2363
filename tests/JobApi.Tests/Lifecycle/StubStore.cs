using System.Reflection;
using JobSystem.JobApi.Storage;

namespace JobSystem.JobApi.Tests.Lifecycle;

/// <summary>A store of which a test uses one verb or two.</summary>
public class StubStore : DispatchProxy
{
    Func<string, object?[], object?>? answer;

    /// <param name="answer">By the name of the verb and its arguments; null for a verb that must not be used.</param>
    public static IJobStore Answering(Func<string, object?[], object?> answer)
    {
        var store = Create<IJobStore, StubStore>();
        ((StubStore)(object)store).answer = answer;
        return store;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        answer!(targetMethod!.Name, args!) ?? throw new NotSupportedException(targetMethod.Name);
}
