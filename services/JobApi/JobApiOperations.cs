
namespace JobSystem.JobApi;

/// <summary>Names of the canonical operations: of their routes, in the audit trail, and in the calls of the other surfaces.</summary>
static class JobApiOperations
{
    public const string BroadcastToWorkers = nameof(BroadcastToWorkers);
    public const string CancelJob = nameof(CancelJob);
    public const string CancelJobs = nameof(CancelJobs);
    public const string ClaimAttempts = nameof(ClaimAttempts);
    public const string CleanUpJobs = nameof(CleanUpJobs);
    public const string ClearQueue = nameof(ClearQueue);
    public const string CloneJob = nameof(CloneJob);
    public const string CreateApiKey = nameof(CreateApiKey);
    public const string CreateJob = nameof(CreateJob);
    public const string CreateJobs = nameof(CreateJobs);
    public const string CreateWorkerSession = nameof(CreateWorkerSession);
    public const string DeleteJob = nameof(DeleteJob);
    public const string DeleteJobs = nameof(DeleteJobs);
    public const string EnqueueFromAttempt = nameof(EnqueueFromAttempt);
    public const string EndWorkerSession = nameof(EndWorkerSession);
    public const string ExplainJob = nameof(ExplainJob);
    public const string ForceCompleteJob = nameof(ForceCompleteJob);
    public const string GetApiKey = nameof(GetApiKey);
    public const string GetHistory = nameof(GetHistory);
    public const string GetJob = nameof(GetJob);
    public const string GetJobEvents = nameof(GetJobEvents);
    public const string GetJobLogs = nameof(GetJobLogs);
    public const string GetJobStats = nameof(GetJobStats);
    public const string GetQueue = nameof(GetQueue);
    public const string GetTask = nameof(GetTask);
    public const string GetTotals = nameof(GetTotals);
    public const string GetWorker = nameof(GetWorker);
    public const string ListApiKeys = nameof(ListApiKeys);
    public const string ListAudit = nameof(ListAudit);
    public const string ListFailures = nameof(ListFailures);
    public const string ListJobs = nameof(ListJobs);
    public const string ListJobsOfSchedule = nameof(ListJobsOfSchedule);
    public const string ListQueues = nameof(ListQueues);
    public const string ListTasks = nameof(ListTasks);
    public const string ListWorkers = nameof(ListWorkers);
    public const string PauseQueue = nameof(PauseQueue);
    public const string PauseWorker = nameof(PauseWorker);
    public const string PingWorker = nameof(PingWorker);
    public const string PutQueue = nameof(PutQueue);
    public const string ReloadWorker = nameof(ReloadWorker);
    public const string ReportAttempts = nameof(ReportAttempts);
    public const string ResumeQueue = nameof(ResumeQueue);
    public const string ResumeWorker = nameof(ResumeWorker);
    public const string RetryJob = nameof(RetryJob);
    public const string RetryJobs = nameof(RetryJobs);
    public const string RevokeApiKey = nameof(RevokeApiKey);
    public const string RunJobSync = nameof(RunJobSync);
    public const string SendHeartbeat = nameof(SendHeartbeat);
    public const string ShutdownWorker = nameof(ShutdownWorker);
    public const string StreamEvents = nameof(StreamEvents);
    public const string StreamJob = nameof(StreamJob);
    public const string VerifyAudit = nameof(VerifyAudit);
    public const string WaitForJob = nameof(WaitForJob);
}
