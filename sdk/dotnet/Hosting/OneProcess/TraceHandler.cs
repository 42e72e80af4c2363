using System.Diagnostics;

namespace JobSystem.Hosting.OneProcess;

/// <summary>Hands on the trace of the caller, as a connection does.</summary>
sealed class TraceHandler : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        DistributedContextPropagator.Current.Inject(Activity.Current, request.Headers, static (headers, name, value) =>
            ((System.Net.Http.Headers.HttpRequestHeaders)headers!).TryAddWithoutValidation(name, value));
        return base.SendAsync(request, cancellationToken);
    }
}
