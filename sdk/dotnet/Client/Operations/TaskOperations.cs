using JobSystem.Api;
using JobSystem.Client.Http;

namespace JobSystem.Client.Operations;

/// <summary>
/// Tasks that workers have announced. Each method is one operation; all throw <see cref="JobSystemException"/> if it is refused or
/// nothing answers.
/// </summary>
public sealed class TaskOperations
{
    readonly ApiConnection api;

    internal TaskOperations(ApiConnection api) => this.api = api;

    /// <summary>Returns the tasks, each version by itself.</summary>
    public Task<Listing<RegisteredTask>> List(int? limit = null, int? offset = null, CancellationToken cancellationToken = default) =>
        api.Read<Listing<RegisteredTask>>(ApiCall.Get("tasks") with { Query = Queries.Page(limit, offset) }, cancellationToken);

    /// <summary>Returns a task with the JSON Schema of its arguments.</summary>
    /// <param name="version">Its version. Default: the newest.</param>
    public Task<RegisteredTask> Get(string taskName, string? version = null, CancellationToken cancellationToken = default) =>
        api.Read<RegisteredTask>(ApiCall.Get("tasks", taskName) with { Query = new() { { "version", version } } }, cancellationToken);
}
